package report

import (
	"encoding/json"
	"io"
	"reflect"
)

// Format names the form of the JSON that [Report.JSON] writes.
const Format = "penlog-report/1"

// JSON writes the report as one JSON object: see the package comment.
func (r *Report) JSON(w io.Writer) error {
	all := *r
	if all.Cases == nil {
		all.Cases = []Case{}
	}
	for counts, i := reflect.ValueOf(&all.Counts).Elem(), 0; i < counts.NumField(); i++ {
		if f := counts.Field(i); f.Kind() == reflect.Map && f.IsNil() {
			f.Set(reflect.MakeMap(f.Type()))
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
