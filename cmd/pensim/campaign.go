package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/report"
	"penlog/cmd/internal/campaign/suite"
	"penlog/cmd/internal/release"
)

// campaignFlags are those of `pensim campaign`.
type campaignFlags struct {
	seeds, class, pen, hand string
	length                  time.Duration
	first, noShrink, layers bool
	cores                   int
	out                     outputs
	test                    selfTestFlags
}

func campaignCommand() *cobra.Command {
	f := campaignFlags{}
	c := &cobra.Command{
		Use:   "campaign",
		Short: "Play thousands of procedures in which anything goes wrong, and judge each against the truth",
		Long: `Play a procedure for each seed: pen, hand, zones, technician, and what goes wrong
with pen, sensors, line, cable, PC and disk are drawn from it. Promises are judged
after every step against what truly happened. A seed that breaks one is shown with
the command that plays exactly it again, and as the smallest scenario that fails in
the same way.

Classes: human (people err, nothing else), rough (line, cable, PC and disk too),
ill (one thing wrong with the pen or its line, the rest sound), wild (all at once),
shown (one of the scenarios of 'pensim run', with what it leaves open drawn anew).`,
		Example: `  pensim campaign --seeds 1..20000 --html report.html
  pensim campaign --seeds 4711 -x --html failure.html`,
		Args: noMore,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.fit(c); err != nil {
				return err
			}
			if f.test.on {
				return f.test.run(c.Context(), f.seeds, f.cores, &f.out, c.OutOrStdout(), c.ErrOrStderr())
			}
			return f.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.seeds, "seeds", "1..1000", "which seeds: `FIRST..LAST`, or one")
	fs.StringVar(&f.class, "class", "", "only this class: human, rough, ill, wild or shown")
	fs.StringVar(&f.pen, "pen", "", "only this pen; see pensim profiles")
	fs.StringVar(&f.hand, "hand", "", "only this hand")
	fs.DurationVar(&f.length, "for", 0, "each procedure lasts so long (0: 30 s to 2 min, drawn)")
	fs.BoolVarP(&f.first, "exitfirst", "x", false, "stop at the first seed that fails")
	fs.BoolVar(&f.noShrink, "no-shrink", false, "don't look for the smallest scenario of what fails")
	fs.IntVar(&f.cores, "cores", 0, "use so many cores (0: all)")
	fs.BoolVar(&f.layers, "layers", false, "only measure, on one core, what each layer takes for a reading")
	f.out.flags(c)
	f.test.flags(c)
	return c
}

// fit refuses flags that would be without effect beside others.
func (f *campaignFlags) fit(c *cobra.Command) error {
	given := func(names ...string) string {
		for _, name := range names {
			if c.Flags().Changed(name) {
				return name
			}
		}
		return ""
	}
	tests := []string{"third", "only", "each", "covered", "list"}
	plays := []string{"class", "pen", "hand", "for", "exitfirst", "no-shrink"}
	switch {
	case f.test.on && f.layers:
		return usagef("--self-test and --layers are two things: give one")
	case f.test.on:
		if name := given(plays...); name != "" {
			return usagef("--self-test draws all that there is: leave --%s out", name)
		}
	case given(tests...) != "":
		return usagef("--%s is for --self-test: give that too", given(tests...))
	case f.layers:
		if name := given("exitfirst", "no-shrink", "cores", "json", "junit", "html"); name != "" {
			return usagef("--layers only measures, on one core, and prints: leave --%s out", name)
		}
	}
	return nil
}

// noMore refuses words behind the flags.
func noMore(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%q is not a flag, and there is nothing else to give", args[0])
	}
	return nil
}

// span reads "FIRST..LAST" or one number.
func span(s string) (first, last uint64, err error) {
	from, to, many := strings.Cut(s, "..")
	if !many {
		to = from
	}
	first, err = strconv.ParseUint(from, 10, 63)
	if err == nil {
		last, err = strconv.ParseUint(to, 10, 63)
	}
	if err != nil || first == 0 || last < first {
		return 0, 0, usagef("--seeds: %q is no range of seeds; write it like 1..1000, from 1 on", s)
	}
	return first, last, nil
}

func (f *campaignFlags) run(ctx context.Context, out, errs io.Writer) error {
	first, last, err := span(f.seeds)
	if err != nil {
		return err
	}
	draws := campaign.Draws{Class: campaign.Class(f.class), Pen: f.pen, Hand: f.hand, Length: f.length}
	if err := draws.Check(); err != nil {
		return usagef("%w", err)
	}
	if f.layers {
		return tellLayers(ctx, out, first, last, draws)
	}
	const most = 100_000_000
	if last-first >= most {
		return usagef("--seeds: %d seeds are too many for one run; at most %d", last-first+1, most)
	}
	if err := f.out.check(); err != nil {
		return err
	}
	bar := progress(errs)
	extra := f.same()
	r := suite.Play(ctx, suite.Options{Many: int(last - first + 1), Cores: f.cores, Stop: f.first, Shrink: !f.noShrink,
		Jobs: func(i int) suite.Job {
			seed := first + uint64(i)
			s := campaign.Draw(seed, draws)
			return suite.Job{Script: s, Class: string(campaign.ClassOf(s)), Replay: fmt.Sprintf("pensim campaign --seeds %d%s -x", seed, extra)}
		},
		Tell: bar.Tell,
	})
	bar.End()
	r.What, r.Version = "campaign", release.Version()
	r.Command, r.Only = "pensim campaign --seeds "+f.seeds+extra, strings.TrimSpace(extra)
	tellCampaign(f.out.words(out, errs), &r)
	return errors.Join(f.out.write(&r, out), verdict(&r))
}

// same are the flags that a replay needs to draw the same.
func (f *campaignFlags) same() string {
	var s string
	for _, x := range [...][2]string{{"class", f.class}, {"pen", f.pen}, {"hand", f.hand}} {
		if x[1] != "" {
			s += " --" + x[0] + " " + quote(x[1])
		}
	}
	if f.length > 0 {
		s += " --for " + f.length.String()
	}
	return s
}

// tellCampaign says what a campaign came to.
func tellCampaign(out io.Writer, r *report.Report) {
	shown := 0
	for i := range r.Cases {
		c := &r.Cases[i]
		if shown++; shown > 10 {
			fmt.Fprintf(out, "… and %d more seeds that failed\n", r.Failed-10)
			break
		}
		fmt.Fprintf(out, "FAIL  seed %d (%s, %s)\n", c.Seed, c.Class, c.Pen)
		failures(out, c)
		fmt.Fprintf(out, "      again: %s\n", c.Replay)
		if c.Small != "" {
			fmt.Fprintf(out, "      the smallest scenario that fails so; keep it as a file for 'pensim run':\n\n%s\n", indent(c.Small, "        "))
		}
	}
	c := &r.Counts
	hours := c.Virtual.Hours()
	line := func(name, format string, args ...any) {
		fmt.Fprintf(out, "%-28s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("procedures", "%d of %d, %.1f h of virtual time in %.0f s on %d cores: %.0f times life", r.Played, r.Planned, hours, r.TookS, r.Cores, c.Virtual.Seconds()/max(r.TookS, 1e-9))
	if r.Interrupted {
		line("", "stopped on the way: the figures are of what was played")
	}
	line("promises broken", "in %d procedures", r.Failed)
	due, missed := total(c.Due), total(c.Missed)
	line("observable faults", "%d had to be answered, %d were not%s", due, missed, of(c.Missed))
	line("asked for by name", "%d findings were recorded after the oracle had asked for them%s", total(c.Owed), of(c.Owed))
	if c.Cut > 0 {
		line("expectations owed", "%d: their scenarios were cut before they were due", c.Cut)
	}
	line("excursions above max depth", "%d; from the reading that shows one to needles clear at most %v", c.Episodes, c.WorstStop.Round(100*time.Microsecond))
	per := func(n uint64) float64 { return float64(n) * 1000 / max(hours, 1e-9) }
	line("trips", "%d; without a cause %d, %.2f per 1000 h%s", c.Trips, c.FalseTrips, per(c.FalseTrips), of(only(c.FalseFound, "trip ")))
	line("holds", "%d; without a cause %d, %.2f per 1000 h%s", c.Holds, c.FalseHolds, per(c.FalseHolds), of(only(c.FalseFound, "hold ")))
	line("alarms", "%d; without a cause %d, %.2f per 1000 h%s", c.Alarms, c.FalseAlarms, per(c.FalseAlarms), of(only(c.FalseFound, "alarm ")))
	for i, u := range r.Uncaused {
		if i == 5 {
			line("", "… and in %d more", len(r.Uncaused)-5)
			break
		}
		line("", "%s: %s", u.Replay, strings.Join(u.What[:min(len(u.What), 3)], ", "))
	}
	line("motor", "%d starts, %d strokes, %d lapses", c.Starts, c.Strokes, c.Lapses)
	line("agent", "%d restarts, %d unplugs, %d commands of which %d were refused", c.Restarts, c.Unplugs, c.Commands, c.Refused)
	line("queues at most", "%d notes, %d orders, %d batches, %d bytes at the port, %d on the line", c.Peaks.Notes, c.Peaks.Orders, c.Peaks.Flying, c.Peaks.TTY, c.Peaks.Line)
	if len(c.Exposure) > 0 {
		fmt.Fprintln(out, "residual risk: needles above the limit of the skin they were in")
		for _, why := range byCount(c.Exposure) {
			line("  "+why+" ("+report.RiskOf(why).Hazards+")", "%.1f mm × s, %.2f per hour", float64(c.Exposure[why])/1e6, float64(c.Exposure[why])/1e6/max(hours, 1e-9))
		}
	}
	v := r.Verdict()
	line("may it touch a patient?", "%s: %s", v.Answer, v.Words)
	for _, p := range v.Points {
		if p.Met != "yes" {
			line("", "%s", p.Text)
		}
	}
}

func total(m map[string]uint64) (n uint64) {
	for _, k := range m {
		n += k
	}
	return n
}

// byCount gives the keys, the greatest figure first.
func byCount(m map[string]uint64) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if m[a] != m[b] {
			if m[a] > m[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
}

// of lists figures in words: " (a 3, b 1)".
func of(m map[string]uint64) string {
	if len(m) == 0 {
		return ""
	}
	var parts []string
	for _, k := range byCount(m) {
		parts = append(parts, fmt.Sprintf("%s %d", k, m[k]))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// only keeps keys with a prefix, without it.
func only(m map[string]uint64, prefix string) map[string]uint64 {
	out := map[string]uint64{}
	for k, n := range m {
		if name, ok := strings.CutPrefix(k, prefix); ok {
			out[name] = n
		}
	}
	return out
}

func indent(s, with string) string {
	return with + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n"+with)
}

// tellLayers plays the seeds with a meter and says what each layer takes.
func tellLayers(ctx context.Context, out io.Writer, first, last uint64, draws campaign.Draws) error {
	begun := time.Now()
	m := campaign.Meter{Clock: func() int64 { return time.Since(begun).Nanoseconds() + 1 }}
	var virtual time.Duration
	var all int64
	played := 0
	for seed := first; seed <= last && ctx.Err() == nil; seed++ {
		r := campaign.Play(campaign.Draw(seed, draws), campaign.Options{Meter: &m})
		virtual += r.Counts.Virtual
		played++
	}
	for _, ns := range m.NS {
		all += ns
	}
	fmt.Fprintf(out, "%d procedures, %.1f h of virtual time, %d readings\n\n%-16s %12s %7s\n", played, virtual.Hours(), m.Readings, "layer", "ns/reading", "share")
	for _, l := range campaign.Layers() {
		fmt.Fprintf(out, "%-16s %12.0f %6.1f%%\n", l, m.PerReading(l), 100*float64(m.NS[l])/float64(max(all, 1)))
	}
	_, err := fmt.Fprintf(out, "%-16s %12.0f, clock readings included\n", "together", float64(all)/float64(max(m.Readings, 1)))
	return err
}
