package report

import (
	"encoding/json"
	"errors"
	"io"
)

// JSON writes the report as one JSON object.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// JUnit writes it as JUnit XML.
func (r *Report) JUnit(io.Writer) error { return errors.New("report: no JUnit yet") }

// HTML writes it as one page.
func (r *Report) HTML(io.Writer) error { return errors.New("report: no HTML yet") }
