package campaign

import (
	"time"

	"penlog/protocol"
	"penlog/session"
)

// heard follows what Hot is handed, before Hot is.
func (o *oracle) heard(b []byte, now protocol.Instant) {
	u, f, sound := &o.up, &o.f, false
	o.before = o.last.Tick
	for ok := true; ok; {
		if b, ok = o.dec.Next(b, f); !ok {
			break
		}
		sound = true
		u.strayAt = 0
		if f.Type >= 0x40 {
			continue // a host's
		}
		if f.Type != protocol.TypeReading {
			o.slow(f, now)
			continue
		}
		if u.is && now.Sub(u.heardAt) > silence-margin { // whether the link was lost is too near to tell
			o.apart()
			u.nonce = 0
		}
		u.heardAt = now
		m := mark{f.Seq, f.CRC}
		if m == o.mark && o.have || !u.is {
			continue
		}
		o.mark = m
		var r protocol.Reading
		if r.Parse(f.Payload) == nil {
			o.reading(&r, now)
		}
	}
	switch {
	case sound || u.is:
	case u.strayAt == 0:
		u.strayAt = now
	case now.Sub(u.strayAt) > 4*time.Second+3*margin: // from the loss of the link, which takes a second to be one
		o.owe(session.NotAPen)
	}
}

// slow takes in all but readings.
func (o *oracle) slow(f *protocol.Frame, now protocol.Instant) {
	u := &o.up
	switch f.Type {
	case protocol.TypeIdentity:
		o.identity(f, now)
	case protocol.TypeWelcome:
		var m protocol.Welcome
		if m.Parse(f.Payload) == nil && u.nonce != 0 && m.Nonce == u.nonce && m.Generation == u.gen {
			u.heardAt = now
			if !u.welcomed {
				u.welcomed, u.welcome = true, m.Boot
				o.come(now)
			}
		}
	case protocol.TypeStatus:
		u.heardAt = now
		var m protocol.Status
		if m.Parse(f.Payload) == nil && u.is && m.Battery <= 15 {
			o.owe(session.BatteryLow)
		}
	case protocol.TypeSyncReply:
		u.heardAt = now
		var m protocol.SyncReply
		if m.Parse(f.Payload) == nil && o.asks && m.Token == o.sync {
			o.answers, o.asks = o.answers+1, false
		}
	case protocol.TypeBusy:
		u.heardAt = now
		if u.nonce != 0 && !u.welcomed && now.Sub(u.helloAt) < 2*time.Second {
			o.owe(session.PenBusy)
		}
	case protocol.TypeEvent:
		u.heardAt = now
		var m protocol.PenEvent
		if m.Parse(f.Payload) == nil && u.is && o.have {
			o.acted(&m)
		}
	}
}

// identity follows who the pen says it is.
func (o *oracle) identity(f *protocol.Frame, now protocol.Instant) {
	u := &o.up
	var id protocol.Identity
	if id.Parse(f.Payload) != nil || id.MinVersion > 1 || id.MaxVersion < 1 {
		o.owe(session.PenInvalid)
		o.apart()
		u.nonce, u.knows = 0, false
		return
	}
	if u.is && id == u.id {
		u.heardAt = now
		return
	}
	if u.knows && (id.Serial != u.id.Serial || id.Model != u.id.Model) {
		u.otherAt = now
	}
	rebooted := u.is && id.Boot != u.id.Boot
	if rebooted && o.have && o.last.Flags.Motor() != protocol.MotorOff && now.Sub(u.heardAt) < silence-margin {
		o.owe(session.PenRebooted)
	}
	if u.is && !rebooted {
		o.owe(session.LinkLost) // the same boot and another story. Source: PROTOCOL.md §7.1
	}
	if u.is {
		o.apart() // it is greeted anew
		u.nonce = 0
	}
	u.heardAt = now
	for i := range o.w.judge.list { // what the host goes by ends now
		o.w.judge.lasting(&o.w.judge.list[i])
	}
	u.id, u.knows = id, true
	if id.Caps.Has(protocol.CapTalksOnly) { // it is not greeted
		u.nonce, u.welcomed, u.welcome = 0, true, id.Boot
	}
	o.come(now)
}

// come opens the session once welcome and identity are here.
func (o *oracle) come(now protocol.Instant) {
	u := &o.up
	if u.is || !u.welcomed || !u.knows || u.id.Boot != u.welcome {
		return
	}
	if u.otherAt != 0 && now.Sub(u.otherAt) < 10*time.Second {
		u.nonce, u.welcomed = 0, false // two pens in turn: whose word counts depends on which came last
		return
	}
	o.apart()
	u.is, u.welcomed, u.since, u.used, o.gen = true, true, now, u.nonce, u.gen
	caps := u.id.Caps
	switch {
	case caps.Has(protocol.CapPermits):
		u.mode = guardedPen
	case caps.Has(protocol.CapStop):
		u.mode = stoppablePen
	default:
		u.mode = talkingPen
	}
	switch {
	case caps.Has(protocol.CapMeasured):
		u.source = 0
	case caps.Has(protocol.CapSet):
		u.source = 1
	default:
		u.source = 2
	}
	o.tolerance = 150
	if a := protocol.Micrometres(u.id.Accuracy); a > 0 && a < 150 { // PROTOCOL.md §6.7
		o.tolerance = a
	}
	name := named(&u.id)
	if u.name == "" {
		u.name = name
	}
	if name != u.name {
		o.owe(session.PenChanged)
	}
}

// reading judges one reading of an open session.
func (o *oracle) reading(r *protocol.Reading, now protocol.Instant) {
	u, l := &o.up, &o.last
	var passed time.Duration
	if o.have {
		switch passed = r.Tick.Since(l.Tick); {
		case passed <= 0 && passed > -step:
			return // late
		case passed <= 0:
			if passed < -step-margin {
				o.owe(session.ClockJumped)
			}
			return
		case passed > now.Sub(o.at)+1500*time.Millisecond:
			o.owe(session.ClockJumped)
			return
		}
	}
	on := r.Flags.Motor() != protocol.MotorOff
	if out := r.Flags.Has(protocol.FlagReleased); u.id.Caps.Has(protocol.CapPermits) {
		if out {
			o.owe(session.PenReleased)
			u.mode = stoppablePen
		} else if u.mode == stoppablePen {
			u.mode = guardedPen
			o.trials, o.granted, o.backAt = 0, false, now
		}
	}
	if r.Flags.Has(protocol.FlagFault) {
		if on {
			o.owe(session.PenFault)
		} else {
			o.owe(session.PenNotWell)
		}
	}
	if !on && o.wanted > 0 && r.Set != protocol.None && protocol.Micrometres(r.Set) > o.wanted {
		o.owe(session.DialAboveCeiling)
	}
	o.deep(r, on)
	o.lives(r, on, passed)
	o.dwells(r, on)
	o.shows(r, on)
	o.obey(r, on, now)
	if now.Sub(o.at) > lease-soon {
		o.hushAt = now
	}
	*l, o.have, o.at = *r, true, now
}
