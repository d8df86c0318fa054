package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"penlog/cmd/internal/campaign/report"
	"penlog/cmd/internal/campaign/script"
	"penlog/cmd/internal/campaign/suite"
	"penlog/cmd/internal/release"
	"penlog/cmd/internal/simpen"
)

// errFailed ends the program with 1; all that is to say was said.
var errFailed = errors.New("something failed")

// runFlags are those of `pensim run`.
type runFlags struct {
	live                   liveFlags
	where                  string
	hazards                []string
	lastFailed, first      bool
	list, verbose, virtual bool
	seed                   uint64
	seeds, cores           int
	out                    outputs
}

func runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [FILE | FOLDER | NAME]…",
		Short: "Play scenarios, and say whether what has to follow follows",
		Long: `Play scenarios: things that can happen in a clinic, with what Penlog has to do
about them. Without a name all that come with this program are played; a name is
one of these, a file, or a folder of .yaml files. Scenarios are played in virtual
time with everything of Penlog in the loop but ports, disk and goroutines; with
--live or --ready-file against an agent that runs, with the same verdicts.

Live, a scenario takes its own time, the pen is a simulated one on a
pseudo-terminal, and the technician works through the agent's API. Start the
agent on a folder of its own and with a clinic file that names tech (technician)
and doc (clinician) and has all modes. What the agent says counts as said up to
0.1 s earlier, since it tells the screen ten times a second. What is done to the
PC can't be done through the API: such scenarios are left out, with words.

-k takes words with and, or, not and parentheses: 'cable and not reboot'. A word
is looked for in name, title, hazards, pen, hand and in what is done.`,
		Example: `  pensim run
  pensim run --hazard D1 -x
  pensim run my-case.yaml -v
  pensim run -k 'disk or clock' --junit out.xml --html out.html
  pensim run --ready-file agent.json --hazard S1
  pensim run dial-up-in-use --live http://127.0.0.1:9477 --secret-file secret --pty /tmp/pen`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.live.check(c); err != nil {
				return err
			}
			return f.run(c.Context(), args, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	fs := c.Flags()
	fs.BoolVar(&f.virtual, "virtual", false, "in virtual time, which is what happens without --live, too")
	fs.StringVarP(&f.where, "where", "k", "", "only those that the `EXPR` matches")
	fs.StringSliceVar(&f.hazards, "hazard", nil, "only those of the hazards `ID`")
	fs.BoolVar(&f.lastFailed, "last-failed", false, "only those that failed the last time; all when none did")
	fs.BoolVarP(&f.first, "exitfirst", "x", false, "stop at the first that fails")
	fs.BoolVar(&f.list, "list", false, "only say which there are")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "show what happened in each")
	fs.Uint64Var(&f.seed, "seed", 0, "what scenarios leave open is drawn from this seed instead of their own")
	fs.IntVar(&f.seeds, "seeds", 1, "play each under so many seeds, the first its own")
	fs.IntVar(&f.cores, "cores", 0, "use so many cores (0: all)")
	f.live.flags(c)
	f.out.flags(c)
	return c
}

// few lists names, the first of many.
func few(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

func usagef(format string, args ...any) error {
	return fmt.Errorf("%w: %w", simpen.ErrUsage, fmt.Errorf(format, args...))
}

// choose finds the scenarios that are meant.
func (f *runFlags) choose(args []string) ([]*script.Script, error) {
	all, err := script.Builtin()
	if len(args) > 0 {
		all, err = suite.Read(args)
	}
	if err != nil {
		return nil, usagef("%w", err)
	}
	choice := suite.Choice{Where: f.where, Hazards: f.hazards}
	if f.lastFailed {
		if choice.Names, err = lastFailed(); err != nil {
			return nil, err
		}
	}
	chosen, err := choice.Choose(all)
	if err != nil {
		return nil, usagef("%w", err)
	}
	if len(chosen) == 0 && len(choice.Names) > 0 {
		return nil, usagef("none of those that failed last (%s) was chosen; name their files again, or leave out --last-failed", few(choice.Names))
	}
	if len(chosen) == 0 {
		return nil, usagef("none of the %d scenarios was chosen; 'pensim run --list' shows which there are", len(all))
	}
	return chosen, nil
}

func (f *runFlags) run(ctx context.Context, args []string, out, errs io.Writer) error {
	if f.seeds < 1 || f.seeds > 100_000 {
		return usagef("--seeds: %d is not from 1 to 100000", f.seeds)
	}
	chosen, err := f.choose(args)
	if err != nil {
		return err
	}
	if f.list {
		return list(out, chosen)
	}
	if err := f.out.check(); err != nil {
		return err
	}
	files := out
	out = f.out.words(out, errs)
	left := 0
	if f.live.on() {
		if chosen, left, err = possible(chosen, out); err != nil {
			return err
		}
	}
	var scripts []*script.Script
	for _, s := range chosen {
		for k := range f.seeds {
			s := *s
			s.Seed = max(s.Seed, 1) + uint64(k)
			if f.seed != 0 {
				s.Seed = f.seed + uint64(k)
			}
			scripts = append(scripts, &s)
		}
	}
	o := suite.Options{Many: len(scripts), Cores: f.cores, Stop: f.first, All: true, Whole: 50,
		Jobs: func(i int) suite.Job {
			return suite.Job{Script: scripts[i], Replay: replayOf(scripts[i], args, f.live.args())}
		},
		Each: func(c *report.Case) { f.tell(out, c) },
	}
	bar := progress(errs)
	if f.seeds > 1 && !f.verbose { // else each scenario is told as it ends
		o.Tell = bar.Tell
		o.Each = func(c *report.Case) {
			if !c.OK {
				bar.Clear()
			}
			f.tell(out, c)
		}
	}
	if f.live.on() {
		if o.Player, err = f.live.open(ctx); err != nil {
			return err
		}
		o.Cores, o.Once = 1, true
	}
	if f.verbose {
		o.Player = verbose(o.Player, out)
		o.Cores = 1
	}
	r := suite.Play(ctx, o)
	bar.End()
	only := f.only()
	r.What, r.Version, r.Only = "scenarios", release.Version(), strings.Join(only, " ")
	if len(args) > 0 {
		r.Only = strings.TrimSpace(strings.Join(args, " ") + " " + r.Only)
	}
	r.Command = typed(slices.Concat([]string{"run"}, args, only, f.same()))
	if err := keepFailed(&r); err != nil {
		fmt.Fprintf(errs, "pensim: --last-failed will not know of this run: %v\n", err)
	}
	fmt.Fprintln(out, summary(&r, f.live.on(), left))
	return errors.Join(f.out.write(&r, files), verdict(&r))
}

// only are the flags that choose fewer.
func (f *runFlags) only() []string {
	var out []string
	if f.where != "" {
		out = append(out, "-k", f.where)
	}
	for _, h := range f.hazards {
		out = append(out, "--hazard", h)
	}
	if f.lastFailed {
		out = append(out, "--last-failed")
	}
	return out
}

// same are the other flags on which it depends what happens.
func (f *runFlags) same() []string {
	var out []string
	out = append(out, f.live.args()...)
	if f.seed != 0 {
		out = append(out, "--seed", fmt.Sprint(f.seed))
	}
	if f.seeds != 1 {
		out = append(out, "--seeds", fmt.Sprint(f.seeds))
	}
	return out
}

// progress is a bar on errs.
func progress(errs io.Writer) *suite.Bar {
	bar := &suite.Bar{To: errs}
	if file, ok := errs.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		bar.Live = true
		bar.Width = func() int {
			width, _, _ := term.GetSize(int(file.Fd())) // 0 when it can't be told
			return width
		}
	}
	return bar
}

// tell says how one scenario ended.
func (f *runFlags) tell(out io.Writer, c *report.Case) {
	name := c.Name
	if f.seeds > 1 || f.seed != 0 {
		name += fmt.Sprintf(" (seed %d)", c.Seed)
	}
	if c.OK {
		if f.seeds == 1 {
			fmt.Fprintf(out, "ok    %-34s %s\n", name, c.Title)
		}
		return
	}
	fmt.Fprintf(out, "FAIL  %-34s %s\n", name, c.Title)
	failures(out, c)
	fmt.Fprintf(out, "      again: %s\n", c.Replay)
}

// failures lists what was wrong with a case.
func failures(out io.Writer, c *report.Case) {
	if c.Error != "" {
		fmt.Fprintf(out, "      %s\n", strings.ReplaceAll(c.Error, "\n", "\n      "))
	}
	for _, v := range c.Violations {
		fmt.Fprintf(out, "      broken at %.3f s: %s: %s\n", float64(v.At)/1e6, v.Rule, v.What)
	}
	for _, k := range c.Checks {
		if k.OK {
			continue
		}
		where := "at the end"
		if k.Step >= 0 {
			where = fmt.Sprintf("after step %d", k.Step+1)
		}
		fmt.Fprintf(out, "      %s, expected: %s: %s\n", where, k.Text, k.Why)
	}
}

// list says which scenarios there are.
func list(out io.Writer, chosen []*script.Script) error {
	wide := 0
	for _, s := range chosen {
		wide = max(wide, len(s.Name))
	}
	for _, s := range chosen {
		if _, err := fmt.Fprintf(out, "%-*s  %-8s %s\n", wide, s.Name, strings.Join(s.Hazards, ","), s.Title); err != nil {
			return err
		}
	}
	word := "scenarios"
	if len(chosen) == 1 {
		word = "scenario"
	}
	_, err := fmt.Fprintf(out, "%d %s\n", len(chosen), word)
	return err
}

// summary says on one line what a run came to.
func summary(r *report.Report, live bool, left int) string {
	s := fmt.Sprintf("%d of %d scenarios played in %.1f s, %s of virtual time (%.0f times life): ", r.Played, r.Planned, r.TookS,
		r.Counts.Virtual.Round(time.Second), r.Counts.Virtual.Seconds()/max(r.TookS, 1e-9))
	if live {
		s = fmt.Sprintf("%d of %d scenarios played live in %.1f s: ", r.Played, r.Planned, r.TookS)
	}
	switch {
	case r.Played == 0:
		s += "nothing is known"
	case r.Failed > 0:
		s += fmt.Sprintf("%d failed", r.Failed)
	default:
		s += "all as expected"
	}
	if r.Interrupted {
		s += "; stopped before the others"
	}
	if left > 0 {
		s += fmt.Sprintf("; %d left out, which can't be played live", left)
	}
	return s
}

// verdict is the error that a report ends the program with.
func verdict(r *report.Report) error {
	if r.Failed > 0 || r.Interrupted {
		return errFailed
	}
	return nil
}

// replayOf is the command that plays a scenario again, exactly.
func replayOf(s *script.Script, args, live []string) string {
	what := s.Name
	for _, a := range args {
		file := filepath.Join(a, s.Name+".yaml")
		if filepath.Base(a) == s.Name+".yaml" {
			what = a
		} else if _, err := os.Stat(file); err == nil { // a folder
			what = file
		}
	}
	if len(live) > 0 {
		return typed(slices.Concat([]string{"run", what}, live, []string{"--seed", fmt.Sprint(s.Seed), "-v"}))
	}
	return fmt.Sprintf("pensim run %s --seed %d -v", quote(what), s.Seed)
}

// typed is how the program was called, as a person would type it.
func typed(args []string) string {
	words := []string{"pensim"}
	for _, a := range args {
		words = append(words, quote(a))
	}
	return strings.Join(words, " ")
}

// quote makes a word that a shell takes as one.
func quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || slices.Contains([]rune("-_./=:,@%+"), r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
