package replay

import (
	"fmt"
	"slices"
	"time"

	"penlog/protocol"
)

// agreeWithin is how far apart the core and the recorded host may send the same frame.
const agreeWithin = 100 * time.Millisecond

// decision is a frame that takes a generation: a ceiling or a revoke.
type decision struct {
	typ   protocol.Type
	gen   uint16
	depth uint16 // of a ceiling
	at    protocol.Instant
}

func (d decision) same(o decision) bool {
	return d.typ == o.typ && d.gen == o.gen && d.depth == o.depth
}

// like is same, where the frames are made up from telemetry but for the generation:
// of two revokes in a row it shows the second.
func (p *player) like(d decision) func(decision) bool {
	return func(o decision) bool { return d.same(o) || p.made && d.typ == o.typ && d.depth == o.depth }
}

func (d decision) String() string {
	if d.typ == protocol.TypeRevoke {
		return fmt.Sprintf("revoke, generation %d", d.gen)
	}
	return fmt.Sprintf("set the ceiling %s, generation %d", depthWords(d.depth), d.gen)
}

// agreement holds what the core decides against what the recorded host did.
type agreement struct {
	ours, theirs       []decision // without their like on the other side, yet
	lastOurs, lastSent decision   // repeats are no decisions
}

func decided(f *protocol.Frame, at protocol.Instant) (decision, bool) {
	switch f.Type {
	case protocol.TypeCeiling:
		var m protocol.Ceiling
		err := m.Parse(f.Payload)
		return decision{f.Type, m.Generation, m.Depth, at}, err == nil
	case protocol.TypeRevoke:
		var m protocol.Revoke
		err := m.Parse(f.Payload)
		return decision{f.Type, m.Generation, 0, at}, err == nil
	}
	return decision{}, false
}

// would takes a frame that the core would send.
func (a *agreement) would(p *player, f *protocol.Frame) {
	d, ok := decided(f, p.now)
	if !ok || d.same(a.lastOurs) {
		return
	}
	a.lastOurs = d
	if i := slices.IndexFunc(a.theirs, p.like(d)); i >= 0 {
		a.theirs = slices.Delete(a.theirs, i, i+1)
		return
	}
	a.ours = append(a.ours, d)
}

// sent takes a frame that the recorded host sent.
func (a *agreement) sent(p *player, f *protocol.Frame) {
	d, ok := decided(f, p.now)
	if !ok || d.same(a.lastSent) {
		return
	}
	a.lastSent = d
	i := slices.IndexFunc(a.ours, p.like(d))
	if i < 0 {
		a.theirs = append(a.theirs, d)
		return
	}
	a.ours = slices.Delete(a.ours, i, i+1)
	if d.typ == protocol.TypeRevoke { // of revokes that wait for the line only the newest is sent
		a.ours = slices.DeleteFunc(a.ours, func(o decision) bool { return o.typ == d.typ && int16(d.gen-o.gen) > 0 })
	}
}

// check tells what has found no like in time.
func (a *agreement) check(p *player, now protocol.Instant) {
	late := func(d decision) bool { return now.Sub(d.at) > agreeWithin }
	for _, d := range a.ours {
		if late(d) && !p.made { // of a stored session is known only what telemetry showed
			p.stats.Differences++
			p.tell("differs: the core would %v; the recorded host did not", d)
		}
	}
	for _, d := range a.theirs {
		if late(d) {
			p.stats.Differences++
			p.tell("differs: the recorded host did %v; the core would not", d)
		}
	}
	a.ours, a.theirs = slices.DeleteFunc(a.ours, late), slices.DeleteFunc(a.theirs, late)
}

// lost is the loss of the port: what was decided shortly before never got out.
func (a *agreement) lost() { a.ours = nil }

// end is the end of the capture: the last moments prove nothing.
func (a *agreement) end(p *player) { a.ours, a.theirs = nil, nil }
