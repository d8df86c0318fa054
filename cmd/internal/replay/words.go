package replay

import (
	"fmt"
	"strings"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// line tells one line, now.
func (p *player) line(frame bool, format string, args ...any) {
	if !frame {
		p.stats.Notes++
	}
	p.emitted(Line{protocol.Instant(p.now - p.from), frame, fmt.Sprintf(format, args...)})
}

// note is the queue from Hot to Cold: it always has room.
func (p *player) note(n *session.Note) bool {
	if p.noted != nil {
		p.noted(n)
	}
	switch n.Kind {
	case session.NoteUp:
		p.conn = n.Conn
		clear(p.heard)
		p.motor.part(p)
		id := n.Identity
		p.tell("pen up: %s %s, depth %v, %s to %s, %d readings/s; %v", quoted(id.Vendor), quoted(id.Model), id.Depth(),
			depthWords(id.DepthMin), depthWords(id.DepthMax), p.hot.Host().Rate(), n.Mode)
	case session.NoteLost:
		p.motor.part(p)
		p.tell("the pen's session is over")
	case session.NoteMode:
		p.tell("mode: %v", n.Mode)
	case session.NoteReading:
		p.motor.see(p, &n.Reading)
	case session.NoteEvent:
		if !p.heard[n.Event.ID] {
			p.heard[n.Event.ID] = true
			p.tell("pen tells: %s", eventWords(&n.Event))
		}
	case session.NoteFinding:
		p.tell("%s", findingWords(&n.Finding))
	case session.NoteConfirmed:
		p.tell("ceiling %s confirmed, generation %d", n.Ceiling.MM(), n.Generation)
	case session.NoteReady:
		if n.On {
			p.tell("permits begin: %s", n.Ceiling.MM())
		} else {
			p.tell("permits end")
		}
	case session.NoteStopped:
		p.tell("motor off %s after the stop", ms(n.Took))
	case session.NoteAcked:
		if n.Err != nil {
			p.tell("not acknowledged: %s", strings.TrimPrefix(n.Err.Error(), "session: "))
		} else {
			p.tell("acknowledged")
		}
	case session.NoteRefused:
		p.tell("the pen refuses %v: %v", n.Refusal.Of, n.Refusal.Reason)
	case session.NoteClock:
		p.tell("a clock jumped")
	}
	return true
}

func findingWords(f *session.Finding) string {
	if !f.On {
		return fmt.Sprintf("healed: %v", f.Rule)
	}
	s := fmt.Sprintf("%v: %v", f.Response, f.Rule)
	if f.Limit != 0 {
		s += fmt.Sprintf(", %s against %s", f.Value.MM(), f.Limit.MM())
	}
	if f.MotorOn {
		s += ", motor on"
	}
	return s
}

// motor follows the motor by the readings.
type motor struct {
	on      bool
	have    bool
	from    uint32 // strokes
	last    protocol.Reading
	deepest protocol.Micrometres
}

func (m *motor) see(p *player, r *protocol.Reading) {
	on := r.MotorOn()
	if on && !m.on {
		m.from, m.deepest = r.Strokes, -1
		if m.have {
			m.from = m.last.Strokes
		}
		p.tell("motor on")
	}
	if r.Measured != protocol.None && (on || m.on) {
		m.deepest = max(m.deepest, protocol.Micrometres(r.Measured))
	}
	m.last, m.have = *r, true
	if m.on && !on {
		p.tell("motor off: %s", m.words())
	}
	m.on = on
}

// part ends what is known of a pen whose session ends: the next one counts anew.
func (m *motor) part(p *player) {
	if m.on {
		p.tell("the motor was on, as last heard: %s", m.words())
	}
	*m = motor{}
}

func (m *motor) words() string {
	s := fmt.Sprintf("%d strokes", int32(m.last.Strokes-m.from))
	if m.deepest >= 0 {
		s += ", deepest " + m.deepest.MM()
	}
	return s
}

func (m *motor) end(p *player) {
	if m.on {
		p.tell("the capture ends with the motor on: %s", m.words())
	}
}

// frameWords says what a frame says, in one line.
func frameWords(f *protocol.Frame) string {
	s := fmt.Sprintf("%v %d", f.Type, f.Seq)
	what, err := payloadWords(f)
	if err != nil {
		return fmt.Sprintf("%s: %v", s, err)
	}
	if what == "" {
		return s
	}
	return s + ": " + what
}

func payloadWords(f *protocol.Frame) (string, error) {
	switch f.Type {
	case protocol.TypeIdentity:
		var m protocol.Identity
		err := m.Parse(f.Payload)
		return fmt.Sprintf("%s %s, serial %s, firmware %s, boot %08x, %s to %s", quoted(m.Vendor), quoted(m.Model), quoted(m.Serial), quoted(m.Firmware), m.Boot, depthWords(m.DepthMin), depthWords(m.DepthMax)), err
	case protocol.TypeWelcome:
		var m protocol.Welcome
		err := m.Parse(f.Payload)
		return fmt.Sprintf("nonce %016x, tick %s, generation %d, %d readings/s", m.Nonce, tickWords(m.Tick), m.Generation, m.Rate), err
	case protocol.TypeReading:
		var m protocol.Reading
		err := m.Parse(f.Payload)
		return readingWords(&m), err
	case protocol.TypeStatus:
		var m protocol.Status
		err := m.Parse(f.Payload)
		battery := "unknown"
		if m.Battery != 0xff {
			battery = fmt.Sprintf("%d %%", m.Battery)
		}
		return fmt.Sprintf("tick %s, battery %s, faults %#x", tickWords(m.Tick), battery, m.Faults), err
	case protocol.TypeEvent:
		var m protocol.PenEvent
		err := m.Parse(f.Payload)
		return fmt.Sprintf("%d, tick %s, %s", m.ID, tickWords(m.Tick), eventWords(&m)), err
	case protocol.TypeRefusal:
		var m protocol.Refusal
		err := m.Parse(f.Payload)
		return fmt.Sprintf("of %v %d, %v, generation %d", m.Of, m.Seq, m.Reason, m.Generation), err
	case protocol.TypeSyncReply:
		var m protocol.SyncReply
		err := m.Parse(f.Payload)
		return fmt.Sprintf("token %d, tick %s", m.Token, tickWords(m.Received)), err
	case protocol.TypeBusy:
		var m protocol.Busy
		err := m.Parse(f.Payload)
		return fmt.Sprintf("boot %08x, for %d ms", m.Boot, m.WaitMS), err
	case protocol.TypeHello:
		var m protocol.Hello
		err := m.Parse(f.Payload)
		return fmt.Sprintf("nonce %016x, boot %08x, generation %d, %d readings/s", m.Nonce, m.Boot, m.Generation, m.Rate), err
	case protocol.TypeCeiling:
		var m protocol.Ceiling
		err := m.Parse(f.Payload)
		return fmt.Sprintf("%s, generation %d", depthWords(m.Depth), m.Generation), err
	case protocol.TypePermit:
		var m protocol.Permit
		err := m.Parse(f.Payload)
		return fmt.Sprintf("%s, generation %d, seen tick %s, life %d ms", depthWords(m.Depth), m.Generation, tickWords(m.SeenTick), m.LifeMS), err
	case protocol.TypeRevoke:
		var m protocol.Revoke
		err := m.Parse(f.Payload)
		return fmt.Sprintf("generation %d", m.Generation), err
	case protocol.TypeEventAck:
		var m protocol.EventAck
		err := m.Parse(f.Payload)
		return fmt.Sprintf("%d", m.ID), err
	case protocol.TypeRate:
		var m protocol.Rate
		err := m.Parse(f.Payload)
		return fmt.Sprintf("%d readings/s", m.Rate), err
	case protocol.TypeSync:
		var m protocol.Sync
		err := m.Parse(f.Payload)
		return fmt.Sprintf("token %d", m.Token), err
	case protocol.TypeLocate:
		var m protocol.Locate
		err := m.Parse(f.Payload)
		return fmt.Sprintf("%d ms", m.DurationMS), err
	case protocol.TypeSignal:
		var m protocol.Signal
		err := m.Parse(f.Payload)
		return fmt.Sprintf("cue %d", m.Cue), err
	}
	return fmt.Sprintf("%d bytes", len(f.Payload)), nil
}

var motorNames = [...]string{"off", "starting", "running", "stopping"}

func readingWords(m *protocol.Reading) string {
	s := fmt.Sprintf("tick %s, sent %d, motor %s, set %s, measured %s, peak %s, strokes %d, above %d, generation %d, ceiling %s",
		tickWords(m.Tick), m.Sent, motorNames[m.Flags.Motor()], depthWords(m.Set), depthWords(m.Measured), depthWords(m.Peak),
		m.Strokes, m.StrokesAbove, m.Generation, depthWords(m.Ceiling))
	if m.Flags.Has(protocol.FlagPermit) {
		s += fmt.Sprintf(", permit %d ms", m.PermitMS)
	}
	for _, fl := range []struct {
		f    protocol.Flags
		name string
	}{{protocol.FlagContact, "contact"}, {protocol.FlagReleased, "released"}, {protocol.FlagFault, "fault"}} {
		if m.Flags.Has(fl.f) {
			s += ", " + fl.name
		}
	}
	return s
}

var (
	startNames = map[protocol.StartResult]string{protocol.StartRan: "ran", protocol.StartNoPermit: "no permit",
		protocol.StartDepthAbove: "set depth above the ceiling", protocol.StartFault: "fault"}
	stopNames = map[protocol.StopCause]string{protocol.StopPress: "press", protocol.StopLapse: "permit died of age", protocol.StopRevoke: "revoke",
		protocol.StopCeiling: "new ceiling", protocol.StopHello: "new host session", protocol.StopFault: "fault", protocol.StopOwn: "the pen's own check"}
)

func eventWords(e *protocol.PenEvent) string {
	name := func(s string, ok bool) string {
		if !ok {
			return fmt.Sprintf("%d", e.Arg)
		}
		return s
	}
	switch e.Kind {
	case protocol.EventButton:
		return fmt.Sprintf("button %d", e.Arg)
	case protocol.EventPressStart:
		s, ok := startNames[protocol.StartResult(e.Arg)]
		return "press to start: " + name(s, ok)
	case protocol.EventMotorStopped:
		s, ok := stopNames[protocol.StopCause(e.Arg)]
		return "motor stopped: " + name(s, ok)
	case protocol.EventCartridgeIn:
		return "cartridge in"
	case protocol.EventCartridgeOut:
		return "cartridge out"
	case protocol.EventFault:
		return fmt.Sprintf("fault %d", e.Arg)
	case protocol.EventReleased:
		return "released from guarded mode"
	case protocol.EventGuarded:
		return "back in guarded mode"
	case protocol.EventOwnStop:
		return "own check saw " + depthWords(e.Arg)
	}
	return fmt.Sprintf("event of kind %d, %d", e.Kind, e.Arg)
}

func orderWords(o *session.Order) string {
	switch o.Kind {
	case session.OrderWant:
		s := "want " + o.Ceiling.MM()
		if o.Ceiling == 0 {
			s = "want no ceiling"
		}
		if o.Allow {
			s += ", permits"
		}
		if o.Record {
			s += ", recording"
		}
		return s
	case session.OrderLease:
		return "record committed"
	case session.OrderAcknowledge:
		return "acknowledge"
	case session.OrderAcceptPen:
		return "accept this pen"
	case session.OrderLocate:
		return "locate"
	case session.OrderAckEvent:
		return fmt.Sprintf("pen event %d is on the disk", o.ID)
	case session.OrderReserve:
		return fmt.Sprintf("reserve for a full disk: %v", o.Allow)
	}
	return "stop"
}

func depthWords(d uint16) string {
	if d == protocol.None {
		return "unknown"
	}
	return protocol.Micrometres(d).MM()
}

func tickWords(t protocol.Tick) string { return fmt.Sprintf("%d.%06d", t/1_000_000, t%1_000_000) }

func ms(d time.Duration) string {
	return fmt.Sprintf("%d.%d ms", d/time.Millisecond, d%time.Millisecond/(100*time.Microsecond))
}

// quoted marks where a pen's own words begin and end.
func quoted(s string) string { return fmt.Sprintf("%q", s) }

func simulated(b bool) string {
	if b {
		return ", SIMULATED"
	}
	return ""
}
