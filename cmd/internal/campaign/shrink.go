package campaign

import (
	"slices"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session/limits"
)

// maxTries bounds how often [Shrink] plays.
const maxTries = 400

// Shrink makes a script that failed smaller as long as it fails in the same way:
// steps go, first many at once, then one at a time; then whims, zones, sizes, the
// pen's wandering clock, and what comes after the failure. What is left is small,
// not necessarily the smallest. The result is of the smallest script found; of a
// run that did not fail it is the run itself. When o.Stop says so, it is of the
// smallest found until then.
func Shrink(r Result, o Options) Result {
	same := r.failure()
	if same == "" {
		return r
	}
	o.Trace = nil
	x := &shrinker{best: r, same: same, opts: o}
	x.cut()
	for again := true; again && x.tries < maxTries; {
		again = x.steps() || x.simpler()
	}
	x.cut()
	return x.best
}

// failure names what failed first; empty: nothing did.
func (r *Result) failure() string {
	if len(r.Violations) > 0 {
		return r.Violations[0].Rule
	}
	for i := range r.Checks {
		if !r.Checks[i].OK {
			return r.Checks[i].Text
		}
	}
	return ""
}

// failedSo reports whether the same failed.
func (r *Result) failedSo(same string) bool {
	return slices.ContainsFunc(r.Violations, func(v Violation) bool { return v.Rule == same }) ||
		slices.ContainsFunc(r.Checks, func(c script.Check) bool { return !c.OK && c.Text == same })
}

type shrinker struct {
	best  Result
	same  string
	opts  Options
	tries int
}

// try plays a changed copy and keeps it when it fails in the same way.
func (x *shrinker) try(change func(s *script.Script)) bool {
	if x.tries >= maxTries || x.opts.Stop != nil && x.opts.Stop() {
		return false
	}
	x.tries++
	s := *x.best.Script
	s.Steps = slices.Clone(s.Steps)
	for i := range s.Steps {
		s.Steps[i].Do = slices.Clone(s.Steps[i].Do)
	}
	s.Treat = slices.Clone(s.Treat)
	change(&s)
	s.Sensible() // else what is left can't be read as a file
	r := Play(&s, x.opts)
	if !r.failedSo(x.same) || x.opts.Stop != nil && x.opts.Stop() {
		return false
	}
	x.best = r
	return true
}

// cut ends the script soon after the failure.
func (x *shrinker) cut() {
	if len(x.best.Violations) == 0 {
		return
	}
	at := x.best.Violations[0].At.Sub(protocol.Instant(1_000_000)) + time.Second
	if at = at.Round(time.Second) + time.Second; at < x.best.Script.Length {
		x.try(func(s *script.Script) {
			s.Length = at
			s.Steps = slices.DeleteFunc(s.Steps, func(t script.Step) bool { return t.At > at })
		})
	}
}

// steps leaves steps out, many at once first, and reports whether any went.
func (x *shrinker) steps() bool {
	any := false
	for n := len(x.best.Script.Steps); n >= 1; n /= 2 {
		for at := 0; at < len(x.best.Script.Steps); {
			if !x.try(func(s *script.Script) { s.Steps = slices.Delete(s.Steps, at, min(at+n, len(s.Steps))) }) {
				at += n
			} else {
				any = true
			}
		}
	}
	return any
}

// simpler makes what is left simpler, and reports whether anything became so.
func (x *shrinker) simpler() bool {
	any := false
	try := func(worth bool, change func(s *script.Script)) {
		if worth && x.try(change) {
			any = true
		}
	}
	s := x.best.Script
	try(s.Technician == script.Meddles, func(s *script.Script) { s.Technician = script.Wanders })
	try(s.Technician == script.Wanders, func(s *script.Script) { s.Technician = script.Follows })
	try(s.Drift != 0, func(s *script.Script) { s.Drift = 0 })
	try(s.Uptime != 0, func(s *script.Script) { s.Uptime = 0 })
	try(s.Hand != "careful", func(s *script.Script) { s.Hand = "careful" })
	for i := len(s.Treat) - 1; i > 0; i-- {
		try(true, func(s *script.Script) {
			if i < len(s.Treat) {
				s.Treat = slices.Delete(s.Treat, i, i+1)
			}
		})
	}
	for i := range x.best.Script.Treat {
		try(x.best.Script.Treat[i].In != limits.ZoneNone, func(s *script.Script) { s.Treat[i].In = limits.ZoneNone })
	}
	for i := range x.best.Script.Steps {
		t := x.best.Script.Steps[i]
		try(t.At > 0 && t.At%time.Second != 0, func(s *script.Script) { s.Steps[i].At = t.At.Truncate(time.Second) })
		for k := range t.Do {
			d := t.Do[k]
			v := d.Is()
			try(v != nil && d.For > max(v.Least, time.Second), func(s *script.Script) { s.Steps[i].Do[k].For = max(d.For/2, v.Least).Truncate(time.Millisecond) })
			try(v != nil && d.Amount != v.Amount, func(s *script.Script) { s.Steps[i].Do[k].Amount = v.Amount })
		}
	}
	return any
}
