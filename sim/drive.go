package sim

import "penlog/protocol"

// drive is the end stop that sets how deep the needles go: it moves to where it
// is sent at a constant speed. Where it is follows from the time alone.
type drive struct {
	from, to protocol.Micrometres
	began    protocol.Instant
	speed    int64 // µm/s
}

// pos is where the drive stands.
func (d *drive) pos(now protocol.Instant) protocol.Micrometres {
	gone := int64(max(now-d.began, 0)) * d.speed / 1_000_000
	if d.to >= d.from {
		return d.from + protocol.Micrometres(min(gone, int64(d.to-d.from)))
	}
	return d.from - protocol.Micrometres(min(gone, int64(d.from-d.to)))
}

// seek sends the drive elsewhere.
func (d *drive) seek(now protocol.Instant, to protocol.Micrometres) {
	d.from, d.to, d.began = d.pos(now), to, now
}

// knob is what the hand sets the depth with: a ring of clicks or a display.
type knob struct {
	set    protocol.Micrometres // shown and reported
	want   protocol.Micrometres // where the hand is going
	step   protocol.Micrometres
	every  protocol.Instant // between clicks; 0: set at once
	click  protocol.Instant // the next one; Never when at rest
	lo, hi protocol.Micrometres
}

// turn begins turning to the step nearest to depth within the pen's range.
func (k *knob) turn(now protocol.Instant, depth protocol.Micrometres) {
	k.want = k.nearest(depth)
	switch {
	case k.want == k.set:
		k.click = Never
	case k.every == 0:
		k.click = now
	case k.click == Never:
		k.click = now + k.every
	}
}

func (k *knob) nearest(depth protocol.Micrometres) protocol.Micrometres {
	n := (depth - k.lo + k.step/2) / k.step
	return max(k.lo, min(k.hi, k.lo+n*k.step))
}

// due does the clicks that are due and reports whether the setting changed.
func (k *knob) due(now protocol.Instant) bool {
	if now < k.click {
		return false
	}
	switch {
	case k.every == 0:
		k.set = k.want
	case k.set < k.want:
		k.set = min(k.set+k.step, k.want)
	default:
		k.set = max(k.set-k.step, k.want)
	}
	k.click += k.every
	if k.set == k.want {
		k.click = Never
	}
	return true
}
