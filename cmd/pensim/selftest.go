package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"penlog/cmd/internal/selftest"
)

// selfTestFlags are those of `pensim campaign --self-test`.
type selfTestFlags struct {
	on      bool
	only    []string
	third   int
	each    int
	covered bool
	list    bool
}

func (f *selfTestFlags) flags(c *cobra.Command) {
	fs := c.Flags()
	fs.BoolVar(&f.on, "self-test", false, "build the campaign with one rule of Penlog missing at a time, and show that it is found; needs Go and the source, in this folder")
	fs.StringSliceVar(&f.only, "only", nil, "self-test: only the mutations, rules or groups `NAME`")
	fs.IntVar(&f.third, "third", 0, "self-test: only this third of the mutations, 1 to 3; by its name each belongs to one (0: all)")
	fs.IntVar(&f.each, "each", 400, "self-test: so many seeds at most for each mutation")
	fs.BoolVar(&f.covered, "covered", false, "self-test: also those that another control covers")
	fs.BoolVar(&f.list, "list", false, "self-test: only say which mutations there are")
}

// run plays the self-test. It ends with an error when a mutation was not found.
func (f *selfTestFlags) run(ctx context.Context, seeds string, cores int, o *outputs, out, errs io.Writer) error {
	if f.list {
		return listMutations(out)
	}
	first, _, err := span(seeds)
	if err != nil {
		return err
	}
	if o.junit != "" || o.html != "" {
		return usagef("--self-test writes its report as text and with --json alone")
	}
	r, err := selftest.Run(ctx, selftest.Options{First: first, Seeds: f.each, Only: f.only, Third: f.third, Covered: f.covered, Jobs: cores,
		Tell: func(x *selftest.Outcome) { fmt.Fprintln(errs, x.Line()) }})
	var wrong *selftest.UsageError
	switch {
	case errors.As(err, &wrong):
		return usagef("%w", err)
	case err != nil && !errors.Is(err, context.Canceled):
		return err
	}
	// What was done is told, also of a run that was stopped.
	told := r.Text(out)
	if o.json == "-" {
		told = errors.Join(told, r.JSON(out))
	} else if o.json != "" {
		told = errors.Join(told, writeWhole(o.json, r.JSON))
	}
	if err != nil || r.Failed() {
		told = errors.Join(told, errFailed)
	}
	return told
}

func listMutations(out io.Writer) error {
	covered, open := 0, 0
	for _, m := range selftest.List() {
		mark := ""
		switch {
		case m.Covered != "":
			covered++
			mark = "  (covered: " + m.Covered + ")"
		case m.Open != "":
			open++
			mark = "  (not found yet: it would need " + m.Open + ")"
		}
		if _, err := fmt.Fprintf(out, "%-7s %-40s %s%s\n", m.Group, m.Name, strings.Join(m.Of, " "), mark); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%d mutations, of which another control covers %d and %d are not found yet\n", len(selftest.List()), covered, open)
	return err
}
