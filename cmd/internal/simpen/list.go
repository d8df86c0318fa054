package simpen

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"penlog/sim"
)

// faultRow is a fault as `ctl list --json` prints it.
type faultRow struct {
	Name       string `json:"name"`
	Group      string `json:"group"`
	About      string `json:"about"`
	Unit       string `json:"unit,omitempty"`
	Amount     int64  `json:"amount,omitempty"` // where none is given
	Min        int64  `json:"min,omitempty"`
	Max        int64  `json:"max,omitempty"`
	Directed   bool   `json:"directed"`
	AtOnce     bool   `json:"at_once"`
	Observable bool   `json:"observable"` // of this amount, in a pen with every sensor
	From       int64  `json:"observable_from,omitempty"`
	Why        string `json:"why"`
}

// list prints the faults there are, of one group or all.
func (f *ctlFlags) list(words []string, out io.Writer) error {
	groups := []string{"pen", "sensor", "line", "cable", "bus"}
	want := ""
	if len(words) > 0 {
		p := &parser{words: words}
		var err error
		if want, err = p.one("group", groups...); err != nil {
			return err
		}
		if len(p.words) > 0 {
			return fmt.Errorf("%q is too much for list", p.words[0])
		}
	}
	rows := []faultRow{}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if !f.json {
		fmt.Fprintln(w, "NAME\tGROUP\tAMOUNT\tOBSERVABLE\tABOUT")
	}
	for _, i := range sim.Faults() {
		if want != "" && i.Group.String() != want {
			continue
		}
		seen := sim.Fault{Kind: i.Kind}.Observable(math.MaxUint32)
		rows = append(rows, faultRow{i.Name, i.Group.String(), i.About, i.Unit, i.Amount, i.Min, i.Max, i.Directed, i.AtOnce, seen, i.From, i.Why})
		if f.json {
			continue
		}
		word := "no"
		switch {
		case seen:
			word = "yes"
		case i.Observable:
			word = fmt.Sprintf("from %d", i.From)
		}
		fmt.Fprintf(w, "%s\t%v\t%s\t%s\t%s\n\t\t\t\t  %s\n", i.Name, i.Group, amountRange(&i), word, i.About, i.Why)
	}
	if f.json {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(rows)
	}
	return w.Flush()
}

// amountRange says what a fault takes, for people.
func amountRange(i *sim.FaultInfo) string {
	if i.Unit == "" {
		return "–"
	}
	if i.Max >= math.MaxUint32 && i.Min >= 0 {
		return fmt.Sprintf("%d %s", i.Amount, i.Unit)
	}
	return fmt.Sprintf("%d %s (%d to %d)", i.Amount, i.Unit, i.Min, i.Max)
}
