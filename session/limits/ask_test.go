package limits_test

import (
	"encoding/json"
	"errors"
	"testing"

	"penlog/protocol"
	"penlog/session/limits"
)

// roomy is a request in which every candidate is given and only the table binds:
// 1.5 mm on the cheek.
func roomy() limits.Request {
	return limits.Request{
		Zone: limits.Cheek, Side: limits.Left, Indication: limits.AcneScarRolling,
		Prescription: 2000, LabelledMax: 2100, PatientRule: 2200,
		PenMin: 250, PenMax: 2500, PenStep: 250, CartridgeLength: 2300,
	}
}

func granted(v protocol.Micrometres) *limits.Override {
	return &limits.Override{Zone: limits.Cheek, Side: limits.Left, Value: v}
}

func TestLowestCandidateBinds(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*limits.Request)
		allowed protocol.Micrometres
		bound   limits.Rule
	}{
		{"zone before indication at the same value", func(*limits.Request) {}, 1500, limits.RuleZoneLimit},
		{"zone", func(r *limits.Request) { r.Indication = limits.SurgicalScar }, 1500, limits.RuleZoneLimit},
		{"indication", func(r *limits.Request) { r.Indication = limits.FineLines }, 1000, limits.RuleIndicationLimit},
		{"prescription", func(r *limits.Request) { r.Prescription = 1400 }, 1400, limits.RulePrescription},
		{"pen", func(r *limits.Request) { r.PenMax = 1400 }, 1400, limits.RulePenMax},
		{"cartridge", func(r *limits.Request) { r.CartridgeLength = 1400 }, 1400, limits.RuleCartridgeLength},
		{"label", func(r *limits.Request) { r.LabelledMax = 1400 }, 1400, limits.RuleLabelledMax},
		{"patient", func(r *limits.Request) { r.PatientRule = 1400 }, 1400, limits.RulePatientRule},
		{"zone before prescription at the same value", func(r *limits.Request) { r.Prescription = 1500 }, 1500, limits.RuleZoneLimit},
		{"prescription before pen", func(r *limits.Request) { r.Prescription, r.PenMax, r.PatientRule = 1250, 1250, 1250 }, 1250, limits.RulePrescription},
		{"override", func(r *limits.Request) { r.Override = granted(1900) }, 1900, limits.RuleOverride},
		{"override at its limit", func(r *limits.Request) { r.Override = granted(2000) }, 2000, limits.RuleOverride},
		{"override below the limit", func(r *limits.Request) { r.Override = granted(1100) }, 1100, limits.RuleOverride},
		{"override does not raise the prescription", func(r *limits.Request) { r.Override, r.Prescription = granted(2000), 1600 }, 1600, limits.RulePrescription},
		{"override does not raise the pen", func(r *limits.Request) { r.Override, r.PenMax = granted(2000), 1600 }, 1600, limits.RulePenMax},
		{"override does not raise the cartridge", func(r *limits.Request) { r.Override, r.CartridgeLength = granted(2000), 1600 }, 1600, limits.RuleCartridgeLength},
		{"override does not raise the label", func(r *limits.Request) { r.Override, r.LabelledMax = granted(2000), 1600 }, 1600, limits.RuleLabelledMax},
		{"override does not raise the patient rule", func(r *limits.Request) { r.Override, r.PatientRule = granted(2000), 1600 }, 1600, limits.RulePatientRule},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := roomy()
			tt.change(&r)
			v := limits.Default().Ask(r)
			if v.Allowed != tt.allowed || v.BoundBy != tt.bound || v.Refused {
				t.Errorf("Ask() allows %v bound by %q (%s), want %v by %q", v.Allowed, v.BoundBy, v.Reason, tt.allowed, tt.bound)
			}
			if v.Overridden != (r.Override != nil) {
				t.Errorf("Overridden = %v", v.Overridden)
			}
			if err := v.Err(); err != nil {
				t.Errorf("Err() = %v", err)
			}
		})
	}
}

// A table whose own limits are above its hard stop cannot be loaded, so the hard
// stop is tested where it is the only bound left: on a label's exception.
func TestHardStopOfTheTableHolds(t *testing.T) {
	text := patch(t, string(limits.DefaultYAML()), "  value: 2.5 mm\n  basis: product", "  value: 2.0 mm\n  basis: product")
	if _, err := limits.Load("low.yaml", []byte(text)); err == nil {
		t.Fatal("Load() took a table with limits above its hard stop")
	}
	v := limits.Default().Ask(limits.Request{Zone: limits.Abdomen, Side: limits.Left, Indication: limits.Striae,
		Override: &limits.Override{Zone: limits.Abdomen, Side: limits.Left, Value: 2500}})
	if v.Allowed != limits.HardStop {
		t.Errorf("abdomen under override allows %v, want %v", v.Allowed, limits.HardStop)
	}
	last := v.Candidates[len(v.Candidates)-1]
	if last.Rule != limits.RuleHardStop || last.State != limits.Given || last.Value != limits.HardStop {
		t.Errorf("last candidate = %+v, want the hard stop", last)
	}
}

// Loading refuses such figures. Should it ever let one through, asking must not.
func TestFiguresThatNoFileMayStateAllowNothingMore(t *testing.T) {
	r := limits.Request{Zone: limits.Cheek, Side: limits.Left, Indication: limits.AcneScarRolling}
	deep := limits.Default().Unchecked(5000, 5000)
	if v := deep.Ask(r); v.Allowed != limits.HardStop || v.OverrideLimit != limits.HardStop || deep.HardStop() != limits.HardStop {
		t.Errorf("limits and hard stop of 5 mm: allowed %v, override limit %v, hard stop %v", v.Allowed, v.OverrideLimit, deep.HardStop())
	}
	for _, limit := range []protocol.Micrometres{0, -1} {
		if v := limits.Default().Unchecked(limit, 2500).Ask(r); !v.Refused || v.Allowed != 0 {
			t.Errorf("a limit of %v: refused %v, allowed %v", limit, v.Refused, v.Allowed)
		}
	}
}

func TestRefusals(t *testing.T) {
	partial := reload(t, without(t, "scalp"))
	for _, tt := range []struct {
		name   string
		table  *limits.Table
		change func(*limits.Request)
		reason limits.Reason
		detail string
	}{
		{"nil table", nil, nil, limits.NoTable, "no limits are loaded"},
		{"zero table", new(limits.Table), nil, limits.NoTable, "no limits are loaded"},
		{"no zone", nil, func(r *limits.Request) { r.Zone = limits.ZoneNone }, limits.UnknownZone, "no zone is chosen"},
		{"zone out of range", nil, func(r *limits.Request) { r.Zone = 200 }, limits.UnknownZone, "no zone is chosen"},
		{"no indication", nil, func(r *limits.Request) { r.Indication = limits.IndicationNone }, limits.UnknownIndication, "no indication is chosen"},
		{"indication out of range", nil, func(r *limits.Request) { r.Indication = 14 }, limits.UnknownIndication, "no indication is chosen"},
		{"zone left out", partial, func(r *limits.Request) { r.Zone = limits.Scalp }, limits.NoZoneLimit, "scalp has no limit in table builtin-1"},
		{"indication left out", partial, func(r *limits.Request) { r.Indication = limits.Alopecia }, limits.NoIndicationLimit, "alopecia has no limit in table builtin-1"},
		{"not offered", nil, func(r *limits.Request) { r.Zone = limits.Periorbital }, limits.NotOffered, "periorbital is not offered for acne scars (rolling)"},
		{"not offered, with an override", nil, func(r *limits.Request) {
			r.Zone, r.Override = limits.Periorbital, &limits.Override{Zone: limits.Periorbital, Side: limits.Left, Value: 250}
		}, limits.NotOffered, "periorbital is not offered for acne scars (rolling)"},
		{"override for another zone", nil, func(r *limits.Request) {
			r.Override = &limits.Override{Zone: limits.Chin, Side: limits.Left, Value: 1000}
		},
			limits.OverrideElsewhere, "the override is for chin, left, and does not apply to cheek, left"},
		{"override for another side", nil, func(r *limits.Request) {
			r.Override = &limits.Override{Zone: limits.Cheek, Side: limits.Right, Value: 1000}
		},
			limits.OverrideElsewhere, "the override is for cheek, right, and does not apply to cheek, left"},
		{"override without a side", nil, func(r *limits.Request) {
			r.Side, r.Override = limits.SideNone, &limits.Override{Zone: limits.Cheek, Value: 1000}
		},
			limits.OverrideElsewhere, "the override is for cheek, no side, and does not apply to cheek, no side"},
		{"override too deep", nil, func(r *limits.Request) { r.Override = granted(2001) },
			limits.OverrideTooDeep, `override to 2001 µm exceeds 2000 µm override limit for zone "cheek"`},
		{"override to nothing", nil, func(r *limits.Request) { r.Override = granted(0) }, limits.BadRequest, "override to 0 µm allows nothing"},
		{"wanted above the override limit", nil, func(r *limits.Request) { r.Wanted = 2001 },
			limits.AboveOverrideLimit, `needle depth 2001 µm exceeds 1500 µm limit for zone "cheek", and no override reaches above 2000 µm`},
		{"least setting too deep", nil, func(r *limits.Request) { r.PenMin = 1600 },
			limits.NothingSettable, "the least setting of this pen, 1.60 mm, is above 1.50 mm (limit of the zone)"},
		{"least setting too deep, step not known", nil, func(r *limits.Request) { r.PenMin, r.PenStep = 1600, 0 },
			limits.NothingSettable, "the least setting of this pen, 1.60 mm, is above 1.50 mm (limit of the zone)"},
		{"only zero fits", nil, func(r *limits.Request) { r.PenMin, r.Prescription = 0, 249 },
			limits.NothingSettable, "the least setting of this pen, 0.25 mm, is above 0.249 mm (prescription)"},
		{"wanted below the least setting", nil, func(r *limits.Request) { r.Wanted = 200 },
			limits.NothingSettable, "the least setting of this pen, 0.25 mm, is above 0.20 mm (wanted)"},
		{"negative wanted", nil, func(r *limits.Request) { r.Wanted = -1 }, limits.BadRequest, "wanted depth -1 µm is negative"},
		{"negative prescription", nil, func(r *limits.Request) { r.Prescription = -1 }, limits.BadRequest, "prescription -1 µm is negative"},
		{"negative label", nil, func(r *limits.Request) { r.LabelledMax = -1 }, limits.BadRequest, "labelled maximum -1 µm is negative"},
		{"negative patient rule", nil, func(r *limits.Request) { r.PatientRule = -1 }, limits.BadRequest, "patient rule -1 µm is negative"},
		{"negative pen maximum", nil, func(r *limits.Request) { r.PenMax = -1 }, limits.BadRequest, "pen maximum -1 µm is negative"},
		{"negative pen minimum", nil, func(r *limits.Request) { r.PenMin = -1 }, limits.BadRequest, "pen minimum -1 µm is negative"},
		{"negative step", nil, func(r *limits.Request) { r.PenStep = -1 }, limits.BadRequest, "pen step -1 µm is negative"},
		{"negative cartridge", nil, func(r *limits.Request) { r.CartridgeLength = -1 }, limits.BadRequest, "cartridge needle length -1 µm is negative"},
		{"negative override", nil, func(r *limits.Request) { r.Override = granted(-1) }, limits.BadRequest, "override to -1 µm allows nothing"},
		{"pen upside down", nil, func(r *limits.Request) { r.PenMax = 249 }, limits.BadRequest, "pen minimum 250 µm is above pen maximum 249 µm"},
		{"side out of range", nil, func(r *limits.Request) { r.Side = 9 }, limits.BadRequest, "there is no side(9)"},
		{"site out of range", nil, func(r *limits.Request) { r.Site = 9 }, limits.BadRequest, "there is no site(9)"},
		{"site of another zone", nil, func(r *limits.Request) { r.Site = limits.Spine }, limits.BadRequest, "over the spine is not a part of cheek"},
		{"label out of range", nil, func(r *limits.Request) { r.Labels = []limits.Label{0} }, limits.BadRequest, "there is no none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := roomy()
			table := limits.Default()
			if tt.reason == limits.NoTable || tt.table != nil {
				table = tt.table
			}
			if tt.change != nil {
				tt.change(&r)
			}
			v := table.Ask(r)
			if v.Reason != tt.reason || v.Detail != tt.detail {
				t.Errorf("Ask() = %q, %q\nwant    %q, %q", v.Reason, v.Detail, tt.reason, tt.detail)
			}
			if !v.Refused || v.Allowed != 0 || v.Settable != 0 || v.Clamped || v.Overridden || v.BoundBy != "" || v.Flags != nil {
				t.Errorf("a refusal still allows something: %+v", v)
			}
			var refused *limits.RefusedError
			if err := v.Err(); !errors.As(err, &refused) || refused.Reason != tt.reason || err.Error() != "limits: "+tt.detail {
				t.Errorf("Err() = %v", err)
			}
			if got := v.Words(); got != "Refused: "+tt.detail {
				t.Errorf("Words() = %q", got)
			}
			if _, err := json.Marshal(v); err != nil {
				t.Errorf("a refusal cannot be recorded: %v", err)
			}
		})
	}
	seen := map[limits.Reason]bool{}
	for _, r := range limits.Reasons() {
		seen[r] = true
	}
	if len(seen) != 11 {
		t.Errorf("Reasons() lists %d reasons, this test covers 11", len(seen))
	}
}

func TestHighestSettingThatFits(t *testing.T) {
	for _, tt := range []struct {
		name                   string
		min, max, step, wanted protocol.Micrometres
		zone                   limits.Zone
		want                   protocol.Micrometres
	}{
		{"quarter steps from zero", 0, 2500, 250, 0, limits.Temple, 750}, // SkinPen, DOMAIN 1.5
		{"tenths from 0.2", 200, 3000, 100, 0, limits.Temple, 700},       // Dermapen 4
		{"fifths from 0.2", 200, 1500, 200, 0, limits.Temple, 600},       // PRO Pen
		{"fifths on the cheek", 200, 1500, 200, 0, limits.Cheek, 1400},
		{"tenths on the cheek", 200, 3000, 100, 0, limits.Cheek, 1500},
		{"grid off zero", 300, 2500, 250, 0, limits.Temple, 550},
		{"wanted lies between steps", 0, 2500, 250, 700, limits.Temple, 500},
		{"wanted lies on a step", 0, 2500, 250, 500, limits.Temple, 500},
		{"wanted above the ceiling", 0, 2500, 250, 900, limits.Temple, 750},
		{"only one setting", 750, 750, 250, 0, limits.Temple, 750},
		{"step not known", 0, 2500, 0, 0, limits.Temple, 0},
		{"continuous", 0, 2500, 1, 0, limits.Temple, 750},
		{"step wider than the ceiling, from a low setting", 100, 2500, 1000, 0, limits.Temple, 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := limits.Default().Ask(limits.Request{Zone: tt.zone, Indication: limits.SurgicalScar, Wanted: tt.wanted,
				PenMin: tt.min, PenMax: tt.max, PenStep: tt.step})
			if v.Refused || v.Settable != tt.want {
				t.Errorf("Settable = %v (%s), want %v", v.Settable, v.Reason, tt.want)
			}
		})
	}
}

func TestExceptionsHoldOnlyWhereTheyAreNamed(t *testing.T) {
	neck := []limits.Label{limits.LabelNeckWrinkles}
	for _, tt := range []struct {
		name            string
		r               limits.Request
		limit, override protocol.Micrometres
	}{
		{"neck wrinkles without the label", limits.Request{Zone: limits.Neck, Indication: limits.FineLines}, 1000, 1500},
		{"neck wrinkles with the label", limits.Request{Zone: limits.Neck, Indication: limits.FineLines, Labels: neck}, 1000, 2500},
		{"other indications on the neck with the label", limits.Request{Zone: limits.Neck, Indication: limits.SurgicalScar, Labels: neck}, 1000, 1500},
		{"acne scars on the neck with the label", limits.Request{Zone: limits.Neck, Indication: limits.AcneScarRolling, Labels: neck}, 1000, 1500},
		{"wrinkles elsewhere with the label", limits.Request{Zone: limits.Cheek, Indication: limits.FineLines, Labels: neck}, 1000, 1500},
		{"nose", limits.Request{Zone: limits.Nose, Indication: limits.AcneScarRolling}, 750, 750},
		{"nose, ala and sidewall", limits.Request{Zone: limits.Nose, Indication: limits.AcneScarRolling, Site: limits.NoseAlaSidewall}, 750, 1500},
		{"nose, ala and sidewall, indication lower", limits.Request{Zone: limits.Nose, Indication: limits.TopicalDelivery, Site: limits.NoseAlaSidewall}, 500, 1000},
		{"nose with the neck's label", limits.Request{Zone: limits.Nose, Indication: limits.FineLines, Labels: neck}, 750, 750},
		{"arm", limits.Request{Zone: limits.Arm, Indication: limits.Striae}, 1500, 2000},
		{"inner arm", limits.Request{Zone: limits.Arm, Indication: limits.Striae, Site: limits.InnerArm}, 1000, 1000},
		{"back", limits.Request{Zone: limits.Back, Indication: limits.Striae}, 1500, 2000},
		{"spine", limits.Request{Zone: limits.Back, Indication: limits.Striae, Site: limits.Spine}, 1000, 1000},
		{"scapula", limits.Request{Zone: limits.Back, Indication: limits.AcneScarBoxcar, Site: limits.Scapula}, 1000, 1000},
		{"spine, indication lower", limits.Request{Zone: limits.Back, Indication: limits.TopicalDelivery, Site: limits.Spine}, 500, 1000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := limits.Default().Ask(tt.r)
			if v.Limit != tt.limit || v.OverrideLimit != tt.override || v.Allowed != tt.limit {
				t.Errorf("limit %v, override limit %v, allowed %v; want %v, %v", v.Limit, v.OverrideLimit, v.Allowed, tt.limit, tt.override)
			}
			tt.r.Side = limits.Midline
			tt.r.Override = &limits.Override{Zone: tt.r.Zone, Side: limits.Midline, Value: tt.override + 1}
			if v := limits.Default().Ask(tt.r); v.Allowed != 0 {
				t.Errorf("an override to %v is allowed", tt.override+1)
			}
		})
	}
}
