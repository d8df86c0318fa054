package main

import (
	"fmt"
	"strings"

	"penlog/protocol"
	"penlog/session/limits"
)

// difference is one figure in which a clinic's table differs from the built-in
// one. A combination that is not offered has the depth 0, since it allows nothing.
type difference struct {
	Zone       limits.Zone          `json:"zone"`       // none: of the whole table
	Indication limits.Indication    `json:"indication"` // none: of the whole table
	Field      string               `json:"field"`      // as in limits show: "limit_um"; "no_go_areas" for what is never treated
	Where      string               `json:"where,omitempty"`
	Builtin    protocol.Micrometres `json:"builtin_um"`
	File       protocol.Micrometres `json:"file_um"`
	Deeper     bool                 `json:"deeper"` // the file allows more than the built-in table
}

var fieldWords = map[string]string{
	"hard_stop_um": "hard stop", "setting_tolerance_um": "setting tolerance",
	"limit_um": "limit", "override_limit_um": "override limit",
	"typical_low_um": "typical range from", "typical_high_um": "typical range to",
}

func (d difference) words() string {
	if strings.HasPrefix(d.Field, "no_go") {
		what := "lesion"
		if d.Field == "no_go_areas" {
			what = "area"
		}
		if d.Deeper {
			return fmt.Sprintf("%s %s is no longer listed as never treated", what, d.Where)
		}
		return fmt.Sprintf("%s %s is now listed as never treated", what, d.Where)
	}
	show := func(d protocol.Micrometres) string {
		if d == 0 {
			return "not offered"
		}
		return mm(d)
	}
	figure := fmt.Sprintf("%s %s → %s", fieldWords[d.Field], show(d.Builtin), show(d.File))
	if !d.Zone.Valid() {
		return figure
	}
	where := d.Zone.Name()
	if d.Where != "" {
		where += ", " + d.Where
	}
	return fmt.Sprintf("%s, %s: %s", where, d.Indication.Name(), figure)
}

// compare lists the figures in which file differs from builtin.
func compare(builtin, file limits.Matrix) []difference {
	var out []difference
	add := func(d difference) {
		if d.Builtin != d.File {
			d.Deeper = d.File > d.Builtin && !strings.HasPrefix(d.Field, "typical")
			out = append(out, d)
		}
	}
	add(difference{Field: "hard_stop_um", Builtin: builtin.HardStop, File: file.HardStop})
	add(difference{Field: "setting_tolerance_um", Builtin: builtin.Tolerance, File: file.Tolerance})
	type place struct {
		zone       limits.Zone
		indication limits.Indication
	}
	ours, theirs := map[place]limits.Row{}, map[place]limits.Row{}
	for _, r := range builtin.Rows {
		ours[place{r.Zone, r.Indication}] = r
	}
	for _, r := range file.Rows {
		theirs[place{r.Zone, r.Indication}] = r
	}
	for _, z := range limits.AllZones() {
		for _, i := range limits.AllIndications() {
			a, b := ours[place{z, i}], theirs[place{z, i}]
			add(difference{z, i, "limit_um", "", a.Limit, b.Limit, false})
			add(difference{z, i, "override_limit_um", "", a.OverrideLimit, b.OverrideLimit, false})
			if a.Limit == 0 || b.Limit == 0 {
				continue
			}
			add(difference{z, i, "typical_low_um", "", a.TypicalLow, b.TypicalLow, false})
			add(difference{z, i, "typical_high_um", "", a.TypicalHigh, b.TypicalHigh, false})
			for _, s := range limits.AllSites() {
				x, y := at(a, s, limits.LabelNone), at(b, s, limits.LabelNone)
				if x.Site == s || y.Site == s {
					add(difference{z, i, "limit_um", s.Name(), x.Limit, y.Limit, false})
					add(difference{z, i, "override_limit_um", s.Name(), x.OverrideLimit, y.OverrideLimit, false})
				}
			}
			for _, l := range limits.AllLabels() {
				x, y := at(a, limits.SiteNone, l), at(b, limits.SiteNone, l)
				if x.Label == l || y.Label == l {
					add(difference{z, i, "override_limit_um", "pen labelled for " + l.Name(), x.OverrideLimit, y.OverrideLimit, false})
				}
			}
		}
	}
	out = append(out, compareNoGo("no_go_areas", builtin.NoGoAreas, file.NoGoAreas)...)
	return append(out, compareNoGo("no_go_lesions", builtin.NoGoLesions, file.NoGoLesions)...)
}

// at gives what holds in r at a site or with a label: the exception, or the row's
// own limits, without site and label, when it has none.
func at(r limits.Row, s limits.Site, l limits.Label) limits.Exception {
	for _, list := range [][]limits.Exception{r.OverrideIf, r.LowerAt} {
		for _, e := range list {
			if e.Site == s && e.Label == l {
				return e
			}
		}
	}
	return limits.Exception{Limit: r.Limit, OverrideLimit: r.OverrideLimit}
}

func compareNoGo(field string, builtin, file []limits.NoGo) []difference {
	var out []difference
	lacks := func(in []limits.NoGo, code string) bool {
		for _, n := range in {
			if n.Code == code {
				return false
			}
		}
		return true
	}
	for _, n := range builtin {
		if lacks(file, n.Code) {
			out = append(out, difference{Field: field, Where: n.Code, Deeper: true})
		}
	}
	for _, n := range file {
		if lacks(builtin, n.Code) {
			out = append(out, difference{Field: field, Where: n.Code})
		}
	}
	return out
}
