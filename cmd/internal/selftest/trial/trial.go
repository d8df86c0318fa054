// Package trial plays seeds of a campaign until it finds a broken promise, and
// tells of it in JSON, a line for each: what a build with one rule missing does for
// the self-test. It reads the clock to say how long it took, and nothing else.
package trial

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Find is a broken promise.
type Find struct {
	Seed uint64 `json:"seed"`
	N    int    `json:"n"`     // the how-manieth that was played
	By   string `json:"by"`    // the promise, a stable word; "panic": the program fell over
	AtUS int64  `json:"at_us"` // of the run
	What string `json:"what"`
}

// Told is one line: a find, or, as the last one, the end.
type Told struct {
	Find *Find `json:"find,omitempty"`
	Ran  int   `json:"ran,omitempty"` // seeds, at the end
	MS   int64 `json:"ms,omitempty"`  // all of them took
}

// Run plays the seeds in their order until there are enough finds, at least one, and
// tells w. play gives the first promise that a seed breaks, nil: none. A play that
// panics is a find: a program that falls over is noticed. The error is w's.
func Run(seeds []uint64, finds int, play func(seed uint64) *Find, w io.Writer) error {
	begun := time.Now()
	out := json.NewEncoder(w)
	found, ran := 0, 0
	for ; ran < len(seeds) && found < max(finds, 1); ran++ {
		f := safe(seeds[ran], play)
		if f == nil {
			continue
		}
		found++
		f.N = ran + 1
		if err := out.Encode(Told{Find: f}); err != nil {
			return err
		}
	}
	return out.Encode(Told{Ran: ran, MS: time.Since(begun).Milliseconds()})
}

func safe(seed uint64, play func(uint64) *Find) (f *Find) {
	defer func() {
		if p := recover(); p != nil {
			f = &Find{Seed: seed, By: "panic", What: fmt.Sprint(p)}
		}
	}()
	return play(seed)
}

// Read reads what [Run] told. What was cut off is an error beside what came before it.
func Read(r io.Reader) (finds []Find, end Told, err error) {
	d := json.NewDecoder(r)
	for {
		var t Told
		if err := d.Decode(&t); err != nil {
			return finds, Told{}, fmt.Errorf("the mutant's report ends too soon: %w", err)
		}
		if t.Find == nil {
			return finds, t, nil
		}
		finds = append(finds, *t.Find)
	}
}
