package campaign

import (
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// dose holds recorded strokes in contact against those that were truly made on skin.
// Each recorded stretch names its strokes by the pen's count, so that nothing has to
// be known of when they were recorded. What the record may be off by is what readings
// can't tell: of the strokes between two of them in which the tip was put down or lifted,
// too many are in contact by the record, or too few when neither of the two shows it.
// Source: passes.Slice, 'Contact'.
type dose struct {
	made    []made            // true strokes, where those on skin began or ended, the oldest first
	touches []protocol.Tick   // contact changed then, by the pen's clock, and no reading since was heard
	gaps    []gap             // strokes between two readings, with contact that changed in between
	bases   map[uint32]uint64 // true strokes before each boot; none before the first
	base    uint64            // before the boot of which is recorded now
	from    uint64            // true strokes before the stretch at hand
	running bool              // one is at hand
	opened  uint64            // true strokes before the session at hand
	deep    deepest
	clean   bool // these were over when it began
	unheard bool // no pen was there then, nor since
	lost    bool // contact changed too often without a reading
}

// made says how many of the first strokes were on skin.
type made struct{ strokes, onSkin uint64 }

// gap are the strokes behind the first number, up to and with the second. Shown:
// one of the readings at its ends shows contact.
type gap struct {
	from, to uint64
	shown    bool
}

// maxTouches are kept while no reading comes.
const maxTouches = 512

// stroke takes in that strokes were made: so many in all, so many on skin.
func (d *dose) stroke(n, onSkin uint64) {
	now := made{n, onSkin}
	if k := len(d.made); k >= 2 && d.made[k-2].even(d.made[k-1]) && d.made[k-1].even(now) && d.made[k-2].skin(d.made[k-1]) == d.made[k-1].skin(now) {
		d.made[k-1] = now
		return
	}
	d.made = append(d.made, now)
}

// even reports whether from a to b either each stroke was on skin or none.
func (a made) even(b made) bool {
	return a.onSkin == b.onSkin || b.onSkin-a.onSkin == b.strokes-a.strokes
}

func (a made) skin(b made) bool { return a.onSkin != b.onSkin }

// onSkin is how many of the first n strokes were, at least and at most.
func (d *dose) onSkin(n uint64) (least, most uint64) {
	i, _ := slices.BinarySearchFunc(d.made, n, func(m made, n uint64) int { return int(int64(m.strokes) - int64(n)) })
	if i == len(d.made) {
		if i > 0 && d.made[i-1].strokes == n {
			return d.made[i-1].onSkin, d.made[i-1].onSkin
		}
		return 0, n // the judge has not looked yet
	}
	b := d.made[i]
	a := made{}
	if i > 0 {
		a = d.made[i-1]
	}
	least, most = a.onSkin, min(b.onSkin, a.onSkin+n-a.strokes)
	if left := b.strokes - n; b.onSkin > left {
		least = max(least, b.onSkin-left)
	}
	return least, most
}

// forget drops what concerns only strokes before n.
func (d *dose) forget(n uint64) {
	i := 0
	for i+2 < len(d.made) && d.made[i+1].strokes <= n {
		i++
	}
	d.made = d.made[i:]
	i = 0
	for i < len(d.gaps) && d.gaps[i].to <= n {
		i++
	}
	d.gaps = d.gaps[i:]
}

// doubtful is how many of the strokes in (from, to] the record may have too few in
// contact, and too many.
func (d *dose) doubtful(from, to uint64) (few, many uint64) {
	for _, g := range d.gaps {
		if a, b := max(g.from, from), min(g.to, to); a >= b {
			continue
		} else if g.shown {
			many += b - a
		} else {
			few += b - a
		}
	}
	return few, many
}

// booted: the pen's clock and counts begin anew.
func (d *dose) booted(boot uint32, strokes uint64) {
	if d.bases == nil {
		d.bases = map[uint32]uint64{}
	}
	d.bases[boot], d.touches = strokes, d.touches[:0]
}

// touched takes in that contact changed, at a moment of the pen's clock.
func (d *dose) touched(at protocol.Tick) {
	if len(d.touches) >= maxTouches {
		d.touches, d.lost = d.touches[:0], true
	}
	d.touches = append(d.touches, at)
}

// reading takes in a reading that Cold is told of; last is the one before of the same
// connection, nil when there is none. A change within a millisecond of it may count
// on either side.
func (d *dose) reading(boot uint32, r, last *protocol.Reading) {
	turned, i := last == nil || d.lost, 0
	for ; i < len(d.touches) && r.Tick.Since(d.touches[i]) > -time.Millisecond; i++ {
		turned = true
	}
	keep := i
	for keep > 0 && r.Tick.Since(d.touches[keep-1]) < time.Millisecond {
		keep--
	}
	d.touches = append(d.touches[:0], d.touches[keep:]...)
	lost := d.lost
	d.lost = false
	if last == nil || !turned || int32(r.Strokes-last.Strokes) <= 0 {
		return
	}
	g := gap{d.bases[boot] + uint64(last.Strokes), d.bases[boot] + uint64(r.Strokes), r.Flags.Has(protocol.FlagContact) || last.Flags.Has(protocol.FlagContact)}
	d.gaps = append(d.gaps, g)
	if g.shown = !g.shown; lost {
		d.gaps = append(d.gaps, g)
	}
}

// counts are faults of a pen after which its counts, or its word about contact, prove
// nothing of what was truly done, or that make its clock tell no order.
var counts = []sim.FaultKind{sim.FaultLies, sim.FaultLiesCounting, sim.FaultFrozen, sim.FaultBackwards, sim.FaultAhead, sim.FaultTickJump, sim.FaultTickWrap,
	sim.FaultForeign, sim.FaultNewerVersion, sim.FaultContactOn, sim.FaultContactOff, sim.FaultOtherPen, sim.FaultSecondPen, sim.FaultTakeOver, sim.FaultSecondHost, sim.FaultOtherHost}

// dosed judges a recorded stretch by what was truly made.
func (j *judge) dosed(e session.Event) {
	d := &j.dose
	switch e := e.(type) {
	case session.MotorRan:
		d.from, d.running = d.base+uint64(e.Strokes), true
	case session.Opened:
		d.opened, d.clean, d.unheard = j.w.pen.Strokes(), j.w.pen.AtRest() && j.w.now.Sub(j.strokeAt) > time.Second, !j.oracle.up.is
	case session.ZoneChosen:
		j.strokesDone("before the zone is changed")
	case session.Ended:
		j.strokesDone("at its end")
	case session.PenUp:
		d.base, d.running = d.bases[e.Boot], false
		d.clean = d.clean && (!d.unheard || j.w.pen.Strokes() == d.opened) // what it made before this session knew it is of none
		d.unheard = false
	case session.PenDown:
		d.running = false
	case session.MotorRested:
		if !d.running {
			return // it was restored
		}
		from, to := d.from, d.from+uint64(e.Strokes)
		d.from, d.running = to, e.Going
		defer d.forget(to)
		if !e.Unseen {
			j.looked(from, to)
		}
		if j.w.res.Counts.Restarts > 0 || j.lately(time.Hour, counts...) {
			return
		}
		if woke := max(j.w.host.hotStall, j.w.host.coldStall); woke > j.bootedAt && j.bootedAt > 0 && j.w.now.Sub(woke) < time.Second {
			return // what waited while nothing took it can be of two boots
		}
		if e.Going && uint32(to-d.base) != e.Until {
			j.blame("stretch", "a stretch of %d strokes from %d on ends at %d", e.Strokes, from-d.base, e.Until)
		}
		j.inContact(&e, from, to)
	}
}

// strokesDone judges that what was made in this session is recorded, once the pen
// rests and has had its say: nothing of it is left to count in the next zone.
func (j *judge) strokesDone(when string) {
	d, h, now := &j.dose, &j.w.host, j.w.now
	quiet := j.w.pen.AtRest() && now.Sub(j.strokeAt) > time.Second && j.oracle.up.is && now.Sub(j.oracle.up.since) > time.Second && len(h.notes) == 0 &&
		now.Sub(max(h.coldStall, h.hotStall)) > time.Second && j.settled(2*time.Second)
	if !d.clean || !quiet || j.lossy() {
		return
	}
	var sum uint64
	for i := range j.account.zones.spans {
		sum += j.account.zones.spans[i].strokes
	}
	if made := j.w.pen.Strokes() - d.opened; sum != made {
		j.blame("zone strokes", "%s there are %d strokes, the pen made %d", when, sum, made)
	}
}

// inContact judges how many of the strokes in (from, to] are recorded as in contact.
func (j *judge) inContact(e *session.MotorRested, from, to uint64) {
	d, got := &j.dose, uint64(e.Did.Contact)
	if e.Unseen || !j.id.Caps.Has(protocol.CapContact) {
		if got != uint64(e.Strokes) || !e.Did.NoContact && e.Strokes > 0 {
			j.blame("contact", "of %d strokes %d are recorded as in contact, and nobody can tell", e.Strokes, got)
		}
		return
	}
	a, b := d.onSkin(from)
	c, f := d.onSkin(to)
	few, many := d.doubtful(from, to)
	if least, most := c-min(b, c), f-min(a, f); got+few < least || got > most+many {
		j.blame("contact", "of %d strokes %d are recorded as in contact, truly %d to %d were; by the readings %d could be missing and %d too many", e.Strokes, got, least, most, few, many)
	}
}
