package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"penlog/session/limits"
)

func limitsShowCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "show",
		Short: "List every offered zone × indication with its limits and what bound them",
		Long: "List every offered zone × indication: typical range, limit, override limit, the rule\n" +
			"that bound each, and the sources. With --json depths are whole µm: typical_low_um,\n" +
			"typical_high_um, limit_um, override_limit_um; bounds are limit_bound_by and the like.",
		Args: exactly(),
	}
	zone := c.Flags().String("zone", "", "only this `ZONE`")
	indication := c.Flags().String("indication", "", "only this `INDICATION`, or a group such as acne-scars")
	asJSON := c.Flags().Bool("json", false, "print JSON, depths in µm")
	table := tableFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		keep := func(limits.Row) bool { return true }
		if *zone != "" {
			z, err := zoneOf(*zone)
			if err != nil {
				return err
			}
			keep = func(r limits.Row) bool { return r.Zone == z }
		}
		if *indication != "" {
			kinds, err := indicationsOf(*indication)
			if err != nil {
				return err
			}
			more := keep
			keep = func(r limits.Row) bool { return more(r) && slices.Contains(kinds, r.Indication) }
		}
		t, err := table()
		if err != nil {
			return refusedFile(c.ErrOrStderr(), err)
		}
		m := t.Matrix()
		m.Rows = slices.DeleteFunc(m.Rows, func(r limits.Row) bool { return !keep(r) })
		if *asJSON {
			if err := printJSON(c.OutOrStdout(), m); err != nil {
				return err
			}
		} else if len(m.Rows) > 0 {
			return printed(c.OutOrStdout(), func(w io.Writer) { printMatrix(w, m) })
		}
		if len(m.Rows) == 0 {
			return fmt.Errorf("limits: nothing is offered here in table %s, so nothing is allowed", m.Version)
		}
		return nil
	}
	return c
}

// printMatrix writes the table for people, depths in mm.
func printMatrix(w io.Writer, m limits.Matrix) {
	fmt.Fprintf(w, "Depth limits in mm: table %s %s, hard stop %s, setting tolerance %s\n",
		m.Version, short(m.Hash), mm(m.HardStop), mm(m.Tolerance))
	fmt.Fprintf(w, "Not clinical advice: the clinic's responsible clinician signs off every figure.\n\n")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "ZONE\tINDICATION\tTYPICAL\tLIMIT\tBOUND BY\tOVERRIDE LIMIT\tBOUND BY\tNOTES\tSOURCES")
	used := map[string]bool{}
	var exceptions []string // each once for all indications of a zone
	for _, r := range m.Rows {
		var notes []string
		if r.OffLabel {
			notes = append(notes, "off-label")
		}
		if r.EvaluatedBound > 0 && r.OverrideLimit > r.EvaluatedBound {
			notes = append(notes, "evaluated to "+mm(r.EvaluatedBound))
		}
		for _, e := range slices.Concat(r.OverrideIf, r.LowerAt) {
			words := exceptionWords(r.Zone, e)
			n := slices.Index(exceptions, words)
			if n < 0 {
				n = len(exceptions)
				exceptions = append(exceptions, words)
			}
			notes = append(notes, fmt.Sprintf("*%d", n+1))
			for _, s := range e.Sources {
				used[s] = true
			}
		}
		for _, s := range r.Sources {
			used[s] = true
		}
		fmt.Fprintf(tw, "%s\t%s\t%s–%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Zone.Name(), r.Indication.Name(),
			mm(r.TypicalLow), mm(r.TypicalHigh), mm(r.Limit), boundWord(r.LimitBoundBy),
			mm(r.OverrideLimit), boundWord(r.OverrideBoundBy), strings.Join(notes, " "), strings.Join(r.Sources, " "))
	}
	tw.Flush()
	for i, e := range exceptions {
		if i == 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "*%d %s\n", i+1, e)
	}
	noGo(w, "Never treated: areas", m.NoGoAreas)
	noGo(w, "Never treated: lesions", m.NoGoLesions)
	fmt.Fprintln(w, "\nSources")
	for _, tag := range slices.Sorted(maps.Keys(used)) {
		fmt.Fprintf(w, "  %-3s %s\n", tag, m.Sources[tag])
	}
}

// boundWord is the rule's name, cut to what tells it from the others of its column.
func boundWord(r limits.Rule) string {
	switch r {
	case limits.RuleZoneLimit, limits.RuleZoneOverrideLimit:
		return "zone"
	case limits.RuleIndicationLimit, limits.RuleIndicationOverrideLimit:
		return "indication"
	}
	return r.Name()
}

func exceptionWords(z limits.Zone, e limits.Exception) string {
	where := z.Name()
	if e.Site.Valid() {
		where += ", " + e.Site.Name()
	}
	if e.Label.Valid() {
		where += ", pen labelled for " + e.Label.Name()
	}
	return fmt.Sprintf("%s: limit %s, override limit %s (%s)", where, mm(e.Limit), mm(e.OverrideLimit), strings.Join(e.Notes, ", "))
}

func noGo(w io.Writer, title string, list []limits.NoGo) {
	if len(list) == 0 {
		return
	}
	var names []string
	for _, n := range list {
		names = append(names, n.Name)
	}
	fmt.Fprintf(w, "\n%s\n  %s\n", title, strings.Join(names, "; "))
}
