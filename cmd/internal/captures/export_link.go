package captures

import (
	"time"

	"penlog/device/capture"
	"penlog/protocol"
	"penlog/session"
)

const (
	leadIn    = 400 * time.Millisecond // the time that is made up before a pen that was there already
	nearest   = 300 * time.Millisecond // readings farther apart say nothing of the time between
	askEvery  = 487 * time.Millisecond // between questions for the pen's time
	trialLife = 150                    // ms, of the permit by which a pen proves itself. Source: PROTOCOL.md §7.4
	sessionNo = 0x70656e6c6f670000     // nonces are this and a number: nothing drew them
)

// link is the line as it is made up.
type link struct {
	open     bool
	up       bool
	pen      protocol.Identity
	nonce    uint64
	seq, put uint16 // of the pen's and the host's frames
	token    uint32
	askedAt  protocol.Instant
	gen      uint16 // as the newest reading shows
	ceiling  uint16
	bound    protocol.Tick // end of the newest permit
	bounded  bool
	last     session.Sample
	have     bool
}

func (x *exporter) said(at protocol.Instant, typ protocol.Type, payload []byte) {
	x.seq++
	x.record(at, capture.Record{Kind: capture.KindRead, Bytes: protocol.AppendFrame(nil, typ, x.seq, payload), Drained: true})
}

func (x *exporter) wrote(at protocol.Instant, typ protocol.Type, payload []byte) {
	x.put++
	x.record(at, capture.Record{Kind: capture.KindWritten, Bytes: protocol.AppendFrame(nil, typ, x.put, payload)})
}

func (x *exporter) session() protocol.Session {
	return protocol.Session{Nonce: x.nonce, Boot: x.link.pen.Boot}
}

// lose takes the port away.
func (x *exporter) lose(at protocol.Instant) {
	if x.open {
		x.record(at, capture.Record{Kind: capture.KindLost})
	}
	x.open, x.link.up, x.have = false, false, false
}

// down ends the pen's session in the way that the journal tells.
func (x *exporter) down(at protocol.Instant) {
	if !x.link.up {
		return
	}
	rebooted := false
	for _, i := range x.items[max(0, x.at-4):min(len(x.items), x.at+5)] {
		b, ok := i.event.(session.RuleBroke)
		rebooted = rebooted || ok && b.Rule == session.PenRebooted
	}
	switch {
	case rebooted && x.next() != nil:
		id := x.identity(x.next())
		x.said(at, protocol.TypeIdentity, id.Append(nil))
	case x.have && at.Sub(x.last.Arrived) > 900*time.Millisecond: // it fell silent
	default:
		x.lose(at)
	}
	x.link.up, x.have = false, false
}

// greet makes up how the pen's session began, from begin on. A pen that had proven
// itself before the session has its test in it.
func (x *exporter) greet(up *session.PenUp, begin protocol.Instant) {
	var first *session.Sample
	x.ahead(func(i *item) {
		if i.event == nil && first == nil {
			first = &i.sample
		}
	})
	at := begin
	for i := x.at; i < len(x.items); i++ {
		if _, ok := x.items[i].event.(session.PenUp); ok {
			at = x.items[i].at
			break
		}
	}
	proven := at.Sub(begin) >= leadIn
	x.link.pen = x.identity(up)
	x.nonce, x.link.up, x.have, x.bounded = sessionNo+uint64(x.conn), true, false, false
	x.gen, x.ceiling = 1, 0
	if first == nil {
		first = &session.Sample{Arrived: at.Add(100 * time.Millisecond), Reading: protocol.Reading{Set: protocol.None, Measured: protocol.None, Peak: protocol.None}}
	}
	if r := &first.Reading; r.Generation > 2 {
		switch {
		case !proven && r.Ceiling == 0:
			x.gen = r.Generation
		case !proven || r.Ceiling == protocol.TrialCeiling:
			x.gen = r.Generation - 1
		default:
			x.gen = r.Generation - 2
		}
	}
	begin = max(begin, x.now+1)
	// The pen's tick at a moment, as its first reading has it.
	tick := func(t protocol.Instant) protocol.Tick {
		return first.Reading.Tick - protocol.Tick(first.Arrived-t) + protocol.Tick(first.Age)
	}
	if !x.open {
		x.open = true
		x.record(begin, capture.Record{Kind: capture.KindOpened})
	}
	id := &x.link.pen
	x.record(begin, capture.Record{Kind: capture.KindPen, Pen: capture.Pen{Simulated: up.Simulated, Caps: uint32(id.Caps), Vendor: id.Vendor, Model: id.Model, Firmware: id.Firmware}})
	x.said(begin+1000, protocol.TypeIdentity, id.Append(nil))
	rate := min(id.ReadingsMax, 200)
	hello := protocol.Hello{Nonce: x.nonce, Boot: id.Boot, MinVersion: protocol.Version, MaxVersion: protocol.Version, Generation: x.gen, Rate: rate}
	x.wrote(begin+1500, protocol.TypeHello, hello.Append(nil))
	welcome := protocol.Welcome{Nonce: x.nonce, Boot: id.Boot, Tick: tick(begin + 2000), Generation: x.gen, Rate: rate}
	x.said(begin+2000, protocol.TypeWelcome, welcome.Append(nil))
	x.askedAt = begin
	if proven {
		x.prove(begin, at, first, tick)
	}
}

// prove makes up the test by which a pen earns 'guarded': a ceiling that starts
// no motor, one permit, left to lapse. Readings come every 20 ms.
func (x *exporter) prove(begin, end protocol.Instant, first *session.Sample, tick func(protocol.Instant) protocol.Tick) {
	const step = 20_000 // µs
	var granted protocol.Tick
	n := uint32(max(end-begin, 0)) / step
	for i := uint32(1); i < n; i++ {
		t := begin + protocol.Instant(i*step)
		r := first.Reading
		r.Tick, r.Sent = tick(t), r.Sent-(n-i)
		r.Flags = protocol.MakeFlags(protocol.MotorOff, r.Flags.Axis(), r.Flags&^(protocol.FlagPermit|protocol.FlagReleased|protocol.FlagFault))
		r.Peak, r.StrokeRate = protocol.None, 0
		r.Generation, r.Ceiling, r.PermitMS = x.gen, x.ceiling, 0
		if left := granted + trialLife*1000 - r.Tick; granted != 0 && int32(left) > 0 {
			r.Flags |= protocol.FlagPermit
			r.PermitMS = uint16((left + 999) / 1000)
		}
		x.said(t, protocol.TypeReading, r.Append(nil))
		switch i {
		case 2:
			x.gen, x.ceiling = x.gen+1, protocol.TrialCeiling
			m := protocol.Ceiling{Session: x.session(), Generation: x.gen, Depth: x.ceiling}
			x.wrote(t+1000, protocol.TypeCeiling, m.Append(nil))
		case 3:
			granted = max(r.Tick, 1)
			m := protocol.Permit{Session: x.session(), Generation: x.gen, Depth: x.ceiling, SeenTick: r.Tick, LifeMS: trialLife}
			x.wrote(t+1000, protocol.TypePermit, m.Append(nil))
		}
	}
}

// sample puts a reading on the line, and before it what the host must have sent
// for the pen to show what it shows.
func (x *exporter) sample(s *session.Sample) {
	if !x.link.up {
		return // of a pen that the journal does not know
	}
	r := &s.Reading
	near := x.have && s.Arrived.Sub(x.last.Arrived) < nearest
	before := max(x.now+1, s.Arrived-1500)
	if near && s.Arrived.Sub(x.askedAt) > askEvery && s.Arrived-before > 1000 {
		x.ask(s, before)
	}
	if r.Generation != x.gen && x.link.pen.Caps.Has(protocol.CapPermits) {
		x.gen, x.ceiling = r.Generation, r.Ceiling
		if r.Ceiling == 0 {
			m := protocol.Revoke{Session: x.session(), Generation: r.Generation}
			x.wrote(before, protocol.TypeRevoke, m.Append(nil))
		} else {
			m := protocol.Ceiling{Session: x.session(), Generation: r.Generation, Depth: r.Ceiling}
			x.wrote(before, protocol.TypeCeiling, m.Append(nil))
		}
	}
	if r.Flags.Has(protocol.FlagPermit) && r.PermitMS > 0 {
		end := r.Tick + protocol.Tick(r.PermitMS)*1000
		if ahead := end.Since(x.bound); !x.bounded || ahead > 5*time.Millisecond || ahead < -time.Second {
			x.bound, x.bounded = end, true
			m := protocol.Permit{Session: x.session(), Generation: r.Generation, Depth: r.Ceiling, SeenTick: r.Tick, LifeMS: r.PermitMS}
			if life := uint32(end-x.last.Reading.Tick) / 1000; near && life <= 500 {
				m.SeenTick, m.LifeMS = x.last.Reading.Tick, uint16(life)
			}
			x.wrote(max(x.now+1, before), protocol.TypePermit, m.Append(nil))
		}
	}
	x.said(s.Arrived, protocol.TypeReading, r.Append(nil))
	x.last, x.have = *s, true
}

// ask asks for the pen's time and has it answered so that the reading that comes
// next is as old as the record says.
func (x *exporter) ask(s *session.Sample, at protocol.Instant) {
	x.token++
	x.askedAt = at
	q := protocol.Sync{Session: x.session(), Token: x.token}
	x.wrote(at, protocol.TypeSync, q.Append(nil))
	answered := at + 500
	tick := s.Reading.Tick + protocol.Tick(s.Age) - protocol.Tick(s.Arrived-answered)
	a := protocol.SyncReply{Token: x.token, Received: tick, Sent: tick}
	x.said(answered, protocol.TypeSyncReply, a.Append(nil))
}

// kinds are the pen's events by the words that the journal has for them.
var kinds = map[string]protocol.EventKind{"button": protocol.EventButton, "press_start": protocol.EventPressStart,
	"motor_stopped": protocol.EventMotorStopped, "cartridge_in": protocol.EventCartridgeIn, "cartridge_out": protocol.EventCartridgeOut,
	"fault": protocol.EventFault, "released": protocol.EventReleased, "guarded": protocol.EventGuarded, "own_stop": protocol.EventOwnStop}

// acted has the pen tell an event once more, and forget it.
func (x *exporter) acted(e *session.PenActed, at protocol.Instant) {
	kind, ok := kinds[e.What]
	if !ok || !x.link.up {
		return
	}
	m := protocol.PenEvent{ID: e.ID, Tick: protocol.Tick(e.Tick), Strokes: x.last.Reading.Strokes, Kind: kind, Arg: uint16(e.Arg)}
	x.said(at, protocol.TypeEvent, m.Append(nil))
	x.order(at, session.Order{Kind: session.OrderAckEvent, ID: e.ID, Conn: x.conn})
}
