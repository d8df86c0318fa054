package campaign

import (
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/sim"
)

// Witness tells what is true of a pen on a rig, as scripts expect to see it, to
// those who play one without a [Play]'s world: motor, permits, contact, strokes above
// the max depth that the pen was told, and needles that were deeper than the skin
// they were in allows.
type Witness struct {
	// Saw hears what is seen, in order of time.
	Saw func(script.Sight)
	// Strokes reports whether [script.SawStroke] matters to anybody; nil: it does.
	Strokes func() bool

	permits
	id       protocol.Identity
	holder   *Holder
	depths   depths
	was      protocol.Micrometres // the ceiling, or the one that ended while the needles were not clear
	contact  bool
	strokes  uint64
	since    protocol.Instant // the stroke before
	exposure uint64           // µm × ms
}

// NewWitness watches a pen in somebody's hand.
func NewWitness(pen *sim.Pen, holder *Holder, table *limits.Table, saw func(script.Sight)) *Witness {
	id := pen.Identity()
	return &Witness{Saw: saw, id: id, holder: holder, depths: depths{table: table}, permits: permits{pen: pen, boot: id.Boot}}
}

// Delivered hears what is handed to the pen at a moment, before the pen does.
func (w *Witness) Delivered(b []byte, now protocol.Instant) { w.hear(b, w.pen, now, func() {}) }

// Ceiling is the max depth that the pen was told; 0: none.
func (w *Witness) Ceiling() protocol.Micrometres { return w.ceiling }

// Exposure is how much deeper the needles were than the skin they were in allows,
// so far, in µm × s.
func (w *Witness) Exposure() protocol.Micrometres { return protocol.Micrometres(w.exposure / 1000) }

// Happened takes in what happened at the pen.
func (w *Witness) Happened(e *sim.Event) {
	switch e.Kind {
	case sim.EventHostGone:
		w.end(e.At)
		w.nonce, w.gen, w.ceiling = 0, 0, 0
	case sim.EventBoot:
		w.id = w.pen.Identity()
		w.booted(e.At, w.id.Boot)
	}
	if s, ok := penSight(e); ok {
		w.Saw(s)
	}
}

// Look follows tip and needles. It is called at each moment at which something
// happens by itself.
func (w *Witness) Look(now protocol.Instant) {
	if on := w.pen.InContact(); on != w.contact {
		w.contact = on
		w.Saw(script.Sight{At: now, Kind: script.SawContact, On: on})
	}
	if n := w.pen.Strokes(); n != w.strokes {
		took := strokeTook(now, w.since)
		w.strokes, w.since = n, now
		deep := w.pen.Last()
		if w.pen.Driven() && (w.Strokes == nil || w.Strokes()) {
			w.Saw(script.Sight{At: now, Kind: script.SawStroke, Depth: overBy(deep, w.was)})
		}
		if w.pen.InContact() {
			if limit, ok := w.depths.of(w.holder); ok && deep > limit+w.id.Tolerance() {
				w.exposure += uint64(int64(deep-limit) * took / 1000)
			}
		}
	}
	if !w.id.Caps.Has(protocol.CapPermits) {
		return
	}
	switch {
	case w.ceiling > 0:
		w.was = w.ceiling
	case w.pen.AtRest():
		w.was = 0
	}
}

// penSight is how what happens at a pen is seen.
func penSight(e *sim.Event) (script.Sight, bool) {
	s := script.Sight{At: e.At}
	switch e.Kind {
	case sim.EventPress:
		s.Kind, s.On = script.SawPress, e.Result == protocol.StartRan
	case sim.EventMotorOn:
		s.Kind, s.On = script.SawMotor, true
	case sim.EventMotorOff:
		s.Kind, s.Cause = script.SawMotor, e.Cause
	case sim.EventClear:
		s.Kind = script.SawClear
	case sim.EventPermit:
		s.Kind, s.On, s.Depth = script.SawPermit, true, e.Depth
	case sim.EventPermitEnds:
		s.Kind, s.Lapse = script.SawPermit, e.Lapse
	case sim.EventBoot:
		s.Kind = script.SawBoot
	}
	return s, s.Kind != 0
}

// EventSight is how what the agent decided is seen; its moment is the caller's to give.
func EventSight(e session.Event) (script.Sight, bool) {
	switch e := e.(type) {
	case session.RuleBroke:
		return script.Sight{Kind: script.SawRule, On: true, Rule: e.Rule, Response: e.Response}, true
	case session.RuleHealed:
		return script.Sight{Kind: script.SawRule, Rule: e.Rule, Response: e.Response}, true
	case session.ZoneChosen:
		return script.Sight{Kind: script.SawZone, Zone: e.Verdict.Zone}, e.Verdict.Allowed > 0
	case session.PenUp:
		return script.Sight{Kind: script.SawPen, On: true}, true
	case session.PenDown:
		return script.Sight{Kind: script.SawPen}, true
	}
	return script.Sight{}, false
}

// strokeTook is how long a stroke took, in µs: the first for long takes no longer
// than any.
func strokeTook(now, before protocol.Instant) int64 {
	if took := int64(now - before); took <= 100_000 {
		return took
	}
	return 10_000
}

// overBy is how far a stroke went above a ceiling; under the test's permit, and under
// none, it does not count.
func overBy(deep, ceiling protocol.Micrometres) protocol.Micrometres {
	if ceiling <= testDepth {
		return 0
	}
	return max(deep-ceiling, 0)
}

// depths are limits of zones for indications, without a pen's bounds.
type depths struct {
	table *limits.Table
	known map[[2]uint8]protocol.Micrometres
}

func (d *depths) limit(z limits.Zone, i limits.Indication) protocol.Micrometres {
	if d.known == nil {
		d.known = map[[2]uint8]protocol.Micrometres{}
	}
	key := [2]uint8{uint8(z), uint8(i)}
	um, ok := d.known[key]
	if !ok {
		um = d.table.Ask(limits.Request{Zone: z, Indication: i}).Allowed
		d.known[key] = um
	}
	return um
}

// of is the limit of the skin that a hand truly works on; none without a treatment.
func (d *depths) of(h *Holder) (protocol.Micrometres, bool) {
	if len(h.treat) == 0 {
		return 0, false
	}
	t := &h.treat[min(h.Task(), len(h.treat)-1)]
	return d.limit(skin(t), t.Indication), true
}

// skin is where a hand truly works.
func skin(t *script.Treat) limits.Zone {
	if t.In.Valid() {
		return t.In
	}
	return t.Zone
}
