package selftest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"penlog/cmd/internal/selftest/trial"
)

// Options bend a self-test. Zero fields mean the defaults.
type Options struct {
	Source  string        // a folder of Penlog's source; default: the present one
	First   uint64        // of the campaign's seeds from which those played are taken; default 1
	Seeds   int           // most that a mutation gets; default 400
	Finds   int           // look on until so many seeds found it, for the median; default 1
	Only    []string      // names of mutations or groups; none: all
	Third   int           // 1, 2 or 3: only this third; 0: all
	Covered bool          // also play those that another control covers, to see whether that is so
	Jobs    int           // mutations at once; default: one per core
	Limit   time.Duration // longest that one mutation's seeds may take; default 10 min

	List []Mutation     // default: [List]
	Tell func(*Outcome) // hears each outcome as it comes, one at a time; nil: nobody does

	skip []uint64 // seeds that break a promise without any mutation
}

// controlMost is in how many seeds the source as it is may break a promise before
// there is no use in playing mutations. Those seeds are left out, and the self-test has
// failed whatever else comes of it.
const controlMost = 5

// UsageError says which option is wrong.
type UsageError struct{ Words string }

// Error gives the words.
func (e *UsageError) Error() string { return "selftest: " + e.Words }

// Run plays the mutations, beginning with the source as it is, which must break no
// promise: seeds in which it does are left out of the rest, and when they are many, the
// rest is not played. A mutation that is not found is no error: [Report.Failed] tells. When ctx
// ends, the report holds what was done, beside ctx's error. Other errors: a
// [*UsageError], [ErrNoSource], [ErrNoGo], or the folder to build in.
func Run(ctx context.Context, o Options) (Report, error) {
	if err := o.fill(); err != nil {
		return Report{}, err
	}
	chosen, err := o.choose()
	if err != nil {
		return Report{}, err
	}
	b, err := newBench(o.Source)
	if err != nil {
		return Report{}, err
	}
	r, err := o.run(ctx, b, chosen)
	return r, errors.Join(err, b.close())
}

func (o *Options) fill() error {
	if o.First == 0 {
		o.First = 1
	}
	if o.Seeds == 0 {
		o.Seeds = 400
	}
	if o.Limit == 0 {
		o.Limit = 10 * time.Minute
	}
	if o.Jobs == 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.List == nil {
		o.List = List()
	}
	o.Finds = max(o.Finds, 1)
	switch {
	case o.Third < 0 || o.Third > 3:
		return &UsageError{fmt.Sprintf("there is no third number %d: use 1, 2 or 3", o.Third)}
	case o.Jobs < 0 || o.Limit < 0 || o.Seeds < 0:
		return &UsageError{"seeds, jobs and limit can't be negative"}
	}
	return nil
}

// choose picks the mutations to play, in the order of the list.
func (o *Options) choose() ([]*Mutation, error) {
	for _, name := range o.Only {
		if !slices.ContainsFunc(o.List, func(m Mutation) bool { return m.is(name) }) {
			return nil, &UsageError{fmt.Sprintf("there is no mutation or group %q; nearest: %s", name, strings.Join(near(name, o.List), ", "))}
		}
	}
	var out []*Mutation
	for i := range o.List {
		m := &o.List[i]
		named := slices.Contains(o.Only, m.Name)
		switch {
		case len(o.Only) > 0 && !slices.ContainsFunc(o.Only, m.is):
		case m.Covered != "" && !o.Covered && !named:
		case o.Third != 0 && m.third() != o.Third:
		default:
			out = append(out, m)
		}
	}
	return out, nil
}

// is reports whether the mutation has the name, or is of the group or rule named.
func (m *Mutation) is(name string) bool {
	return m.Name == name || string(m.Group) == name || slices.Contains(m.Of, name)
}

// third says to which third the mutation belongs: by its name, so that it stays
// there whatever is added. Whoever runs a third at each change takes the next one in
// turn, for example by the number of commits modulo 3: three changes play all.
func (m *Mutation) third() int {
	h := fnv.New32a()
	h.Write([]byte(m.Name))
	return int(h.Sum32()%3) + 1
}

// near are up to three names that have most letters in a row in common with name.
func near(name string, list []Mutation) []string {
	var out []string
	for n := len(name); n > 2 && len(out) < 3; n-- {
		for _, m := range list {
			if len(out) < 3 && !slices.Contains(out, m.Name) && strings.Contains(m.Name, name[:n]) {
				out = append(out, m.Name)
			}
		}
	}
	if len(out) == 0 {
		for _, g := range Groups() {
			out = append(out, string(g))
		}
	}
	return out
}

func (o *Options) run(ctx context.Context, b *bench, chosen []*Mutation) (Report, error) {
	begun := time.Now()
	r := Report{First: o.First, Seeds: o.Seeds, Asked: len(chosen)}
	r.Control = o.control(ctx, b)
	if o.Tell != nil {
		o.Tell(&r.Control)
	}
	o.skip = r.Control.Seeds
	if v := r.Control.Verdict; v != Missed && v != Found || len(o.skip) > controlMost { // nothing that a mutant shows would say anything
		r.Interrupted = ctx.Err() != nil
		r.Took = time.Since(begun)
		return r, ctx.Err()
	}
	var mu sync.Mutex
	next := 0
	done := make([]Outcome, len(chosen))
	var wg sync.WaitGroup
	for range min(o.Jobs, len(chosen)) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(chosen) || ctx.Err() != nil {
					return
				}
				out := o.play(ctx, b, chosen[i])
				mu.Lock()
				done[i] = out
				if o.Tell != nil && out.Verdict != NotPlayed {
					o.Tell(&done[i])
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for _, out := range done {
		if out.Verdict != NotPlayed {
			r.Outcomes = append(r.Outcomes, out)
		}
	}
	r.Interrupted = ctx.Err() != nil
	r.Took = time.Since(begun)
	return r, ctx.Err()
}

// control plays the source as it is: all seeds.
func (o *Options) control(ctx context.Context, b *bench) Outcome {
	out := Outcome{Mutation: "none"}
	o.fillIn(ctx, b, nil, &out)
	return out
}

func (o *Options) play(ctx context.Context, b *bench, m *Mutation) Outcome {
	out := Outcome{Mutation: m.Name, Group: m.Group, Of: m.Of, Covered: m.Covered, Open: m.Open}
	o.fillIn(ctx, b, m, &out)
	return out
}

func (o *Options) fillIn(ctx context.Context, b *bench, m *Mutation, out *Outcome) {
	begun := time.Now()
	program, err := b.build(ctx, m)
	defer os.Remove(program)
	out.Built = time.Since(begun)
	if err != nil {
		if ctx.Err() == nil {
			out.Verdict, out.Err = Broken, err.Error()
		}
		return
	}
	begun = time.Now()
	limited, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	finds := o.Finds
	if m == nil {
		finds = controlMost + 1
	}
	args := []string{"-first", strconv.FormatUint(o.First, 10), "-seeds", strconv.Itoa(o.Seeds), "-finds", strconv.Itoa(finds)}
	for _, s := range o.skip {
		args = append(args, "-skip", strconv.FormatUint(s, 10))
	}
	cmd := exec.CommandContext(limited, program, args...)
	cmd.WaitDelay = time.Second
	var told, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &told, &said
	err = cmd.Run()
	out.Played = time.Since(begun)
	found, end, readErr := trial.Read(&told)
	out.take(found)
	switch {
	case ctx.Err() != nil && len(found) == 0:
		out.Verdict = NotPlayed
	case len(found) > 0:
		out.Verdict = Found
	case limited.Err() != nil:
		out.Verdict, out.Err = Stuck, fmt.Sprintf("the seeds did not end in %v", o.Limit)
	case err != nil || readErr != nil:
		out.Verdict, out.Err = Broken, fmt.Sprintf("%v; %v: %.500s", err, readErr, said.String())
	default:
		out.Verdict, out.Ran = Missed, end.Ran
	}
}
