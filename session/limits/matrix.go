package limits

import (
	"slices"

	"penlog/protocol"
)

// Matrix is every combination that a table offers, and what else it says. It is
// what `penlog limits show --json` prints.
type Matrix struct {
	Version     string               `json:"version"`
	Hash        string               `json:"hash"`
	HardStop    protocol.Micrometres `json:"hard_stop_um"`
	Tolerance   protocol.Micrometres `json:"setting_tolerance_um"`
	Rows        []Row                `json:"rows"` // by zone, then indication, in the order of the constants
	NoGoAreas   []NoGo               `json:"no_go_areas"`
	NoGoLesions []NoGo               `json:"no_go_lesions"`
	Sources     map[string]string    `json:"sources"` // tag → what it is
}

// Row is one zone × indication that is offered.
type Row struct {
	Zone            Zone                 `json:"zone"`
	Indication      Indication           `json:"indication"`
	TypicalLow      protocol.Micrometres `json:"typical_low_um"`
	TypicalHigh     protocol.Micrometres `json:"typical_high_um"`
	TypicalBoundBy  Rule                 `json:"typical_bound_by"` // "typical_range", or the rule that clipped it
	Limit           protocol.Micrometres `json:"limit_um"`
	LimitBoundBy    Rule                 `json:"limit_bound_by"`
	OverrideLimit   protocol.Micrometres `json:"override_limit_um"` // without any of OverrideIf
	OverrideBoundBy Rule                 `json:"override_limit_bound_by"`
	OverrideIf      []Exception          `json:"override_if,omitempty"`        // what raises the override limit here
	LowerAt         []Exception          `json:"lower_at,omitempty"`           // what lowers both here
	EvaluatedBound  protocol.Micrometres `json:"evaluated_bound_um,omitempty"` // above it: "beyond evaluated depth"
	OffLabel        bool                 `json:"off_label,omitempty"`
	Bony            bool                 `json:"bony,omitempty"`
	Confidence      string               `json:"confidence"` // of the indication's figures
	Sources         []string             `json:"sources"`    // the zone's, then the indication's
	ZoneBasis       string               `json:"zone_basis"`
	IndicationBasis string               `json:"indication_basis"`
}

// Exception is what holds at a site, or with a pen of a certain label.
type Exception struct {
	Label           Label                `json:"label,omitempty"`
	Site            Site                 `json:"site,omitempty"`
	Limit           protocol.Micrometres `json:"limit_um"`
	LimitBoundBy    Rule                 `json:"limit_bound_by"`
	OverrideLimit   protocol.Micrometres `json:"override_limit_um"`
	OverrideBoundBy Rule                 `json:"override_limit_bound_by"`
	Notes           []string             `json:"notes"`
	Sources         []string             `json:"sources"`
}

// Matrix lists every combination that t offers. The zero Table has none.
func (t *Table) Matrix() Matrix {
	m := Matrix{
		Version: t.Version(), Hash: t.Hash(), HardStop: t.HardStop(), Tolerance: t.Tolerance(),
		Rows: []Row{}, NoGoAreas: t.NoGoAreas(), NoGoLesions: t.NoGoLesions(), Sources: map[string]string{},
	}
	for _, z := range AllZones() {
		for _, i := range AllIndications() {
			if t.offers(z, i) {
				m.Rows = append(m.Rows, t.row(z, i))
			}
		}
	}
	if t != nil {
		for tag, words := range t.sources {
			m.Sources[tag] = words
		}
	}
	return m
}

func (t *Table) row(z Zone, i Indication) Row {
	zone, ind := t.zones[z], t.indications[i]
	plain := t.exception(z, i, SiteNone, LabelNone)
	row := Row{
		Zone: z, Indication: i,
		Limit: plain.Limit, LimitBoundBy: plain.LimitBoundBy,
		OverrideLimit: plain.OverrideLimit, OverrideBoundBy: plain.OverrideBoundBy,
		TypicalBoundBy: ruleTypical, OffLabel: ind.offLabel, Bony: zone.bony,
		Confidence: ind.confidence, Sources: union(zone.sources, ind.sources),
		ZoneBasis: zone.basis, IndicationBasis: ind.basis,
	}
	row.TypicalLow, row.TypicalHigh = ind.typical(row.Limit)
	if ind.high > row.Limit {
		row.TypicalBoundBy = row.LimitBoundBy
	}
	if ind.evaluatedZones[z] {
		row.EvaluatedBound = ind.evaluated
	}
	for _, s := range AllSites() {
		row.add(plain, t.exception(z, i, s, LabelNone))
	}
	for _, l := range AllLabels() {
		row.add(plain, t.exception(z, i, SiteNone, l))
	}
	return row
}

// add files e where it belongs, if it changes anything.
func (r *Row) add(plain, e Exception) {
	switch {
	case e.OverrideLimit > plain.OverrideLimit:
		r.OverrideIf = append(r.OverrideIf, e)
	case e.Limit < plain.Limit || e.OverrideLimit < plain.OverrideLimit:
		r.LowerAt = append(r.LowerAt, e)
	}
}

// exception works out both limits of a combination under one condition, or none.
func (t *Table) exception(z Zone, i Indication, site Site, label Label) Exception {
	zone, ind := t.zones[z], t.indications[i]
	labels := []Label{label}
	zl, zo, io := zone.limitAt(site), zone.overrideAt(i, site, labels), ind.overrideAt(z, site, labels)
	e := Exception{Label: label, Site: site, Notes: []string{}, Sources: union(zo.sources, io.sources)}
	limit, _ := least([]Candidate{
		{RuleZoneLimit, Given, zl.depth, nil}, {RuleIndicationLimit, Given, ind.limit, nil}, {RuleHardStop, Given, t.HardStop(), nil}})
	override, _ := least([]Candidate{
		{RuleZoneOverrideLimit, Given, zo.depth, nil}, {RuleIndicationOverrideLimit, Given, io.depth, nil}, {RuleHardStop, Given, t.HardStop(), nil}})
	e.Limit, e.LimitBoundBy = limit.Value, limit.Rule
	e.OverrideLimit, e.OverrideBoundBy = override.Value, override.Rule
	note := func(s string) {
		if !slices.Contains(e.Notes, s) {
			e.Notes = append(e.Notes, s)
		}
	}
	if l := zone.lowered(site); l != nil {
		note(l.note)
	}
	for _, r := range slices.Concat(zone.raises, ind.raises) {
		if r.holds(site, labels) && (r.zones[z] || r.indications[i]) {
			note(r.note)
		}
	}
	return e
}

// union joins source tags and drops repetitions.
func union(lists ...[]string) []string {
	out := []string{}
	for _, s := range slices.Concat(lists...) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
