package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"penlog/session/limits"
)

// checked is what `limits check --json` prints.
type checked struct {
	File string `json:"file"`
	OK   bool   `json:"ok"`
	// When OK:
	Version           string       `json:"version,omitempty"`
	Hash              string       `json:"hash,omitempty"`
	Combinations      int          `json:"combinations"` // zone × indication on offer
	AbsentZones       []string     `json:"absent_zones"` // left out: nothing is allowed there
	AbsentIndications []string     `json:"absent_indications"`
	Same              bool         `json:"same_as_builtin"` // means exactly what the built-in table means
	Differences       []difference `json:"differences"`     // of figures, against the built-in table
	// When not:
	Problems []*limits.Problem `json:"problems"`
	Omitted  int               `json:"problems_omitted"` // found, not listed
}

func limitsCheckCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a clinic's limits file: every mistake with its place, or what it changes",
		Long: "Check a clinic's limits file. Every mistake is shown with line, column and remedy\n" +
			"(exit code 1). A sound file is summed up, with what it changes against the\n" +
			"built-in table; what it allows deeper is marked. - reads standard input.",
		Args: exactly("the FILE to check"),
	}
	asJSON := c.Flags().Bool("json", false, "print JSON, depths in µm")
	c.RunE = func(c *cobra.Command, args []string) error {
		t, err := loadTable(c.InOrStdin(), args[0])
		var bad *limits.FileError
		if err != nil && (!errors.As(err, &bad) || !*asJSON) {
			return refusedFile(c.ErrOrStderr(), err)
		}
		out := checked{
			File: filepath.Base(args[0]), OK: err == nil,
			AbsentZones: []string{}, AbsentIndications: []string{}, Differences: []difference{}, Problems: []*limits.Problem{},
		}
		if err != nil {
			out.Problems, out.Omitted = bad.Problems, bad.Omitted
			if err := printJSON(c.OutOrStdout(), out); err != nil {
				return err
			}
			return fmt.Errorf("limits: %s is refused: nothing of it is used", out.File)
		}
		zones, indications := t.Absent()
		out.AbsentZones = append(out.AbsentZones, codes(zones)...)
		out.AbsentIndications = append(out.AbsentIndications, codes(indications)...)
		out.Version, out.Hash, out.Combinations = t.Version(), t.Hash(), len(t.Matrix().Rows)
		out.Same = t.Hash() == limits.Default().Hash()
		out.Differences = append(out.Differences, compare(limits.Default().Matrix(), t.Matrix())...)
		if *asJSON {
			return printJSON(c.OutOrStdout(), out)
		}
		return printed(c.OutOrStdout(), func(w io.Writer) { printChecked(w, &out) })
	}
	return c
}

func printChecked(w io.Writer, c *checked) {
	fmt.Fprintf(w, "%s is sound: version %s, combinations of zone and indication on offer: %d\nhash %s\n", c.File, c.Version, c.Combinations, c.Hash)
	if len(c.AbsentZones) > 0 {
		fmt.Fprintf(w, "left out, so nothing is allowed there: %s\n", strings.Join(c.AbsentZones, ", "))
	}
	if len(c.AbsentIndications) > 0 {
		fmt.Fprintf(w, "left out, so nothing is allowed for it: %s\n", strings.Join(c.AbsentIndications, ", "))
	}
	switch {
	case c.Same:
		fmt.Fprintln(w, "it means exactly what the built-in table means")
		return
	case len(c.Differences) == 0:
		fmt.Fprintln(w, "its figures are those of the built-in table; words or sources differ")
		return
	}
	deeper := 0
	for _, d := range c.Differences {
		if d.Deeper {
			deeper++
		}
	}
	fmt.Fprintf(w, "\nagainst the built-in table: %d figures differ, %d of them allow more (marked !)\n", len(c.Differences), deeper)
	for _, d := range c.Differences {
		switch {
		case slices.Contains(c.AbsentZones, d.Zone.String()) || slices.Contains(c.AbsentIndications, d.Indication.String()):
			// said above
		case d.Field == "override_limit_um" && (d.Builtin == 0 || d.File == 0):
			// the limit's line says it
		case d.Deeper:
			fmt.Fprintln(w, "! "+d.words())
		default:
			fmt.Fprintln(w, "  "+d.words())
		}
	}
}
