package report

import (
	"encoding/json"
	"io"
)

// Format names the form of the JSON that [Report.JSON] writes.
const Format = "penlog-report/1"

// JSON writes the report as one JSON object: see the package comment.
func (r *Report) JSON(w io.Writer) error {
	all := *r
	if all.Cases == nil {
		all.Cases = []Case{}
	}
	c := &all.Counts
	for _, m := range []*map[string]uint64{&c.Done, &c.Found, &c.FalseFound, &c.Due, &c.Missed, &c.Exposure} {
		if *m == nil {
			*m = map[string]uint64{}
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		Format  string  `json:"format"`
		Verdict Verdict `json:"verdict"`
		*Report
	}{Format, r.Verdict(), &all})
}
