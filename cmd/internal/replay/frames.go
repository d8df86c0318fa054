package replay

import (
	"fmt"

	"penlog/protocol"
)

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
