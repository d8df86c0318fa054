package selftest

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Compiles reports what of the list does not fit the source: text that is not there
// exactly once, or a mutation that does not compile. Mutations that do not touch each
// other are compiled together; a batch that fails is halved until it is
// known which do not.
func Compiles(ctx context.Context, source string, list []Mutation) error {
	b, err := newBench(source)
	if err != nil {
		return err
	}
	groups, err := b.batches(list)
	for i, g := range groups {
		err = errors.Join(err, b.split(ctx, fmt.Sprintf("batch-%d", i), g))
	}
	return errors.Join(err, b.close())
}

// split compiles mutations together, and halves of them where that fails, down to
// those that do it.
func (b *bench) split(ctx context.Context, name string, ms []*Mutation) error {
	err := b.compiles(ctx, name, ms)
	switch {
	case err == nil || ctx.Err() != nil:
		return ctx.Err()
	case len(ms) == 1:
		return fmt.Errorf("mutation %s does not compile: %w", ms[0].Name, err)
	}
	half := len(ms) / 2
	return errors.Join(b.split(ctx, name+"a", ms[:half]), b.split(ctx, name+"b", ms[half:]))
}

// batches puts mutations together that can be made at once: no two change the same
// line of a file. What fits the source at no one place is in the error.
func (b *bench) batches(list []Mutation) ([][]*Mutation, error) {
	var out [][]*Mutation
	var taken []map[string]map[int]bool // of each batch: lines, by file
	var bad error
	for i := range list {
		m := &list[i]
		text, err := b.text(m)
		if err == nil {
			_, err = m.apply(text)
		}
		if err != nil {
			bad = errors.Join(bad, err)
			continue
		}
		begins := strings.Count(text[:strings.Index(text, m.Old)], "\n")
		ends := begins + strings.Count(m.Old, "\n")
		n := 0
		for n < len(out) && overlaps(taken[n][m.File], begins, ends) {
			n++
		}
		if n == len(out) {
			out, taken = append(out, nil), append(taken, map[string]map[int]bool{})
		}
		out[n] = append(out[n], m)
		if taken[n][m.File] == nil {
			taken[n][m.File] = map[int]bool{}
		}
		for l := begins; l <= ends; l++ {
			taken[n][m.File][l] = true
		}
	}
	return out, bad
}

func overlaps(taken map[int]bool, from, to int) bool {
	for l := from; l <= to; l++ {
		if taken[l] {
			return true
		}
	}
	return false
}
