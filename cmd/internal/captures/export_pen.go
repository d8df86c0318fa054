package captures

import (
	"time"

	"penlog/protocol"
	"penlog/session"
)

// next is the next pen of the journal, nil: there is none.
func (x *exporter) next() *session.PenUp {
	for i := x.at + 1; i < len(x.items); i++ {
		if up, ok := x.items[i].event.(session.PenUp); ok {
			return &up
		}
	}
	return nil
}

// ahead goes through what the journal holds of the pen whose event, or whose
// greeting, is at hand, until its session ends.
func (x *exporter) ahead(see func(*item)) {
	begun := x.items[x.at].greet == nil
	for i := x.at + 1; i < len(x.items); i++ {
		switch x.items[i].event.(type) {
		case session.PenUp:
			if begun {
				return
			}
			begun = true
		case session.PenDown:
			if begun {
				return
			}
		default:
			if begun && x.items[i].greet == nil && x.items[i].order == nil {
				see(&x.items[i])
			}
		}
	}
}

// proven reports whether the pen that is up now had proven itself before.
func (x *exporter) proven() bool {
	proven, signal := false, false
	at := x.items[x.at].at
	x.ahead(func(i *item) {
		m, ok := i.event.(session.ModeChanged)
		proven = proven || ok && !signal && m.Mode == session.ModeGuarded && i.at.Sub(at) < 20*time.Millisecond
		signal = signal || i.event == nil
	})
	return proven
}

// identity makes up what the pen said of itself, as far as the journal has it.
func (x *exporter) identity(up *session.PenUp) protocol.Identity {
	id := protocol.Identity{MinVersion: protocol.Version, MaxVersion: protocol.Version, Boot: max(up.Boot, 1),
		DepthMin: um(up.DepthMin), DepthMax: um(up.DepthMax), DepthStep: um(up.DepthStep), Accuracy: um(up.Accuracy),
		NeedleLength: um(up.NeedleLength), NeedleCount: uint8(min(max(up.NeedleCount, 0), 255)),
		StopMS: uint16(min(max(up.StopMS, 0), 10_000)), ReadingsMin: 1, ReadingsMax: uint16(min(max(up.ReadingRate, 1), 1000)),
		Vendor: up.Vendor, Model: up.Model, Firmware: up.Firmware}
	if up.Serial != "" {
		s := Sieve{key: x.cfg.Key}
		id.Serial = string(s.word([]byte(up.Serial)))
	}
	if up.Simulated {
		id.Caps |= protocol.CapSimulated
	}
	switch up.DepthSource {
	case protocol.DepthMeasured.String():
		id.Caps |= protocol.CapMeasured
	case protocol.DepthSet.String():
		id.Caps |= protocol.CapSet
	}
	x.ahead(func(i *item) {
		switch e := i.event.(type) {
		case session.ModeChanged:
			switch e.Mode {
			case session.ModeGuarded:
				id.Caps |= protocol.CapPermits
			case session.ModeStoppable:
				id.Caps |= protocol.CapStop
			}
		case session.RuleBroke:
			if e.Rule == session.PenUnproven {
				id.Caps |= protocol.CapPermits
			}
		case nil:
			if i.sample.Reading.Flags&(protocol.FlagPermit|protocol.FlagReleased) != 0 {
				id.Caps |= protocol.CapPermits
			}
			if i.sample.Reading.Set != protocol.None {
				id.Caps |= protocol.CapSet
			}
		}
	})
	if id.Depth() == protocol.DepthManual {
		id.Caps &^= protocol.CapPermits
	}
	if id.Caps.Has(protocol.CapPermits) {
		id.Caps |= protocol.CapStop | protocol.CapParks
		id.StopMS = min(id.StopMS, protocol.GuardedStopMS)
		id.ReadingsMax = max(id.ReadingsMax, protocol.GuardedReadings)
	}
	return id
}

func um(d protocol.Micrometres) uint16 { return uint16(min(max(d, 0), protocol.None-1)) }
