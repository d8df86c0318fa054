package sim

import (
	"cmp"
	"slices"
	"time"

	"penlog/protocol"
)

// Inject puts a fault in force, or does it if it happens at once. A fault that
// is in force already takes the new size and the new end. The error wraps
// [ErrFault]; then nothing was done.
func (r *Rig) Inject(now protocol.Instant, f Fault) error {
	if err := f.Check(); err != nil {
		return err
	}
	r.Step(now)
	r.fresh = false
	if !f.Kind.Info().AtOnce {
		r.ends = slices.DeleteFunc(r.ends, func(e ending) bool { return e.kind == f.Kind && (f.Way == BothWays || e.way == f.Way) })
		if f.For > 0 {
			if f.Way != Down {
				r.ends = append(r.ends, ending{r.now.Add(f.For), f.Kind, Up})
			}
			if f.Way != Up {
				r.ends = append(r.ends, ending{r.now.Add(f.For), f.Kind, Down})
			}
			slices.SortStableFunc(r.ends, func(a, b ending) int { return cmp.Compare(a.at, b.at) })
		}
	}
	if f.Kind < penFaults || f.Kind == FaultOtherPen {
		r.pen.Inject(r.now, f)
		r.collect()
		return nil
	}
	r.strike(f)
	return nil
}

// Clear takes a fault away, in both directions. What it did stays done. Kinds
// that are not in force, or that there are not, are without effect.
func (r *Rig) Clear(now protocol.Instant, k FaultKind) {
	r.Step(now)
	r.fresh = false
	r.ends = slices.DeleteFunc(r.ends, func(e ending) bool { return e.kind == k })
	r.lift(k, BothWays)
}

// ClearAll takes every fault away.
func (r *Rig) ClearAll(now protocol.Instant) {
	for k := range faultKinds {
		if r.Has(k) {
			r.Clear(now, k)
		}
	}
}

// Has reports whether a fault is in force, in either direction.
func (r *Rig) Has(k FaultKind) bool {
	if k < penFaults || k == FaultOtherPen {
		return r.pen.Has(k)
	}
	return k < faultKinds && (r.on(k, Up) || r.on(k, Down))
}

// Faults appends the kinds in force to dst, in their order, and returns it.
func (r *Rig) Faults(dst []FaultKind) []FaultKind {
	for k := range faultKinds {
		if r.Has(k) {
			dst = append(dst, k)
		}
	}
	return dst
}

// Active appends the faults in force to dst, with their sizes, directions and what
// is left of their time, and returns it. What goes both ways alike is one fault.
func (r *Rig) Active(dst []Fault) []Fault {
	for k := range faultKinds {
		switch {
		case !r.Has(k):
		case k == FaultOtherPen:
			dst = append(dst, Fault{Kind: k, Text: r.pen.other.text, For: r.left(k, Up)})
		case k < penFaults:
			f := Fault{Kind: k, For: r.left(k, Up)}
			if faults[k].Unit != "" {
				f.Amount = r.pen.faults[k].amount
			}
			dst = append(dst, f)
		default:
			var each [2]Fault
			for way := Up; way <= Down; way++ {
				each[way-Up] = Fault{Kind: k, Amount: r.size(k, way), Way: way, For: r.left(k, way)}
			}
			up, down := each[0], each[1]
			if up.Amount == down.Amount && up.For == down.For && r.on(k, Up) == r.on(k, Down) {
				up.Way = BothWays
				dst = append(dst, up)
				continue
			}
			for _, f := range each {
				if r.on(k, f.Way) {
					dst = append(dst, f)
				}
			}
		}
	}
	return dst
}

// left is how long a fault still lasts in a direction; 0: until it is cleared.
func (r *Rig) left(k FaultKind, way Direction) time.Duration {
	for i := range r.ends {
		if e := &r.ends[i]; e.kind == k && e.way == way {
			return e.at.Sub(r.now)
		}
	}
	return 0
}

func (r *Rig) on(k FaultKind, way Direction) bool { return r.faults[k-penFaults][way-Up].on }

// size is the amount of a fault of the rig in a direction; 0 when it is not in force.
func (r *Rig) size(k FaultKind, way Direction) int64 { return r.faults[k-penFaults][way-Up].amount }

// expire clears what has lasted long enough.
func (r *Rig) expire() {
	for i := 0; i < len(r.ends); {
		e := r.ends[i]
		if e.at > r.now {
			i++
			continue
		}
		r.ends = append(r.ends[:i], r.ends[i+1:]...)
		way := e.way
		if !faults[e.kind].Directed {
			way = BothWays
		}
		r.lift(e.kind, way)
	}
}

// strike puts a checked fault of line, cable or bus in force.
func (r *Rig) strike(f Fault) {
	size := f.Size()
	if !faults[f.Kind].AtOnce {
		for way := Up; way <= Down; way++ {
			if f.Way == BothWays || f.Way == way {
				r.faults[f.Kind-penFaults][way-Up] = fault{on: true, amount: size, since: r.now}
			}
		}
	}
	switch f.Kind {
	case FaultStall:
		until := r.now.Add(ms(size))
		if f.Way != Down {
			r.up.Stall(until)
		}
		if f.Way != Up {
			r.down.Stall(until)
		}
	case FaultUnplugged:
		r.pull()
	case FaultOtherName:
		r.rename = true
	case FaultLooseContact:
		r.loose.start(&r.rng, r.now, size)
	case FaultTakeOver:
		r.takeOver()
	default:
		if faults[f.Kind].Group == OfLine {
			r.weather()
		} else {
			r.join(f.Kind)
		}
	}
}

// lift takes a fault away, in one direction or both.
func (r *Rig) lift(k FaultKind, way Direction) {
	if k >= faultKinds {
		return
	}
	if k < penFaults || k == FaultOtherPen {
		r.pen.Clear(r.now, k)
		r.collect()
		return
	}
	if !r.Has(k) {
		return
	}
	for w := Up; w <= Down; w++ {
		if way == BothWays || way == w {
			r.faults[k-penFaults][w-Up] = fault{}
		}
	}
	switch k {
	case FaultUnplugged:
		r.plug()
	case FaultOtherName:
		r.rename = false
	case FaultLooseContact:
		r.loose.next = Never
		if r.loose.out {
			r.loose.out = false
			r.plug()
		}
	default:
		if faults[k].Group == OfLine {
			r.weather()
		} else {
			r.leave(k)
		}
	}
}

// weather gives both lines the sum of the faults in force.
func (r *Rig) weather() {
	for way := Up; way <= Down; way++ {
		noise := (r.size(FaultLineNoise, way) + 2) / 3
		f := r.cfg.Up.Faults
		line := r.up
		if way == Down {
			f, line = r.cfg.Down.Faults, r.down
		}
		f.Flip += noise + r.size(FaultFlipBits, way)
		f.Drop += noise + r.size(FaultDropBytes, way)
		f.Insert += noise + r.size(FaultInsertBytes, way)
		f.Repeat += r.size(FaultRepeatBytes, way)
		f.Swap += r.size(FaultSwapBytes, way)
		f.Lose += r.size(FaultLoseFrames, way)
		f.Duplicate += r.size(FaultDuplicateFrames, way)
		f.Reorder += r.size(FaultReorderFrames, way)
		f.Delay += ms(r.size(FaultDelay, way))
		f.Jitter += ms(r.size(FaultJitter, way))
		f.Batch = max(f.Batch, ms(r.size(FaultBurst, way)))
		f.Dead = f.Dead || r.on(FaultLineDead, way)
		line.SetFaults(f)
	}
}

// loose is a cable that slips out now and then.
type loose struct {
	next  protocol.Instant
	every int64 // ms
	out   bool
}

// start draws when it first slips out.
func (l *loose) start(r *rng, now protocol.Instant, every int64) {
	l.every = every
	l.next = now.Add(ms(r.between(every/2, every*3/2)))
}

// wobble takes a loose cable out or puts it back.
func (r *Rig) wobble() {
	l := &r.loose
	if l.out {
		l.out = false
		r.plug()
		l.start(&r.rng, r.now, l.every)
		return
	}
	l.next = Never
	if r.plugged {
		l.out = true
		r.pull()
		l.next = r.now.Add(ms(r.rng.between(20, 300)))
	} else {
		l.start(&r.rng, r.now, l.every)
	}
}
