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
