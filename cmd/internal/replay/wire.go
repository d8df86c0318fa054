package replay

import (
	"time"

	"penlog/protocol"
	"penlog/session"
)

// revokePatience is how long after a recorded revoke the core may come to its own.
const revokePatience = 30 * time.Millisecond

// wireOrders makes orders from the recorded host's frames, for captures that hold
// none: a ceiling was wanted, a permit was allowed, and a revoke that the core has
// no cause for was an order. What was wanted of a pen that takes no ceilings can't
// be told from the line. A nil one does nothing.
type wireOrders struct {
	p        *player
	gen      uint16 // of the newest ceiling or revoke
	allowed  bool   // a permit was seen under it
	ceiling  protocol.Micrometres
	revoke   protocol.Instant // a revoke that the core has not come to
	revoking bool
}

// heed looks at a frame of the recorded host's before the core does.
func (w *wireOrders) heed(f *protocol.Frame) {
	if w == nil {
		return
	}
	now := w.p.now
	switch f.Type {
	case protocol.TypeCeiling:
		var m protocol.Ceiling
		if m.Parse(f.Payload) != nil || m.Generation == w.gen {
			return
		}
		if w.p.hot.Guard().Tripped().Rule != 0 { // nothing is set while a trip is latched
			w.give(session.Order{Kind: session.OrderAcknowledge})
			w.p.tick(now, true)
		}
		if m.Depth <= protocol.TrialCeiling {
			w.gen = m.Generation
			return
		}
		// Without a revoke before it, the ceiling changed while permits went on being wanted.
		w.allowed = w.p.hot.Ready()
		w.gen, w.revoking, w.ceiling = m.Generation, false, protocol.Micrometres(m.Depth)
		if w.p.hot.Guard().Broken(session.PenChanged) {
			w.give(session.Order{Kind: session.OrderAcceptPen})
		}
		w.want(w.allowed)
	case protocol.TypePermit:
		var m protocol.Permit
		if m.Parse(f.Payload) != nil || m.Depth <= protocol.TrialCeiling || m.Generation != w.gen || w.allowed {
			return
		}
		w.allowed = true
		w.want(true)
	case protocol.TypeRevoke:
		var m protocol.Revoke
		if m.Parse(f.Payload) != nil || m.Generation == w.gen {
			return
		}
		w.gen, w.allowed = m.Generation, false
		if !w.p.hot.Host().Revoking() {
			w.revoke, w.revoking = now, true
		}
	}
}

// due orders the stop that a recorded revoke was, once the core has had its time
// to come to one by itself.
func (w *wireOrders) due(now protocol.Instant) {
	if w == nil || !w.revoking {
		return
	}
	switch h := w.p.hot.Host(); {
	case h.Revoking():
		w.revoking = false
	case now.Sub(w.revoke) > revokePatience:
		w.revoking = false
		w.ceiling = 0
		w.want(false)
		w.give(session.Order{Kind: session.OrderStop})
	}
}

// want orders what was wanted. That signal is committed can't be seen on the line.
func (w *wireOrders) want(allow bool) {
	w.give(session.Order{Kind: session.OrderLease, Until: 1 << 60})
	w.give(session.Order{Kind: session.OrderWant, Ceiling: w.ceiling, Allow: allow, Conn: w.p.conn})
}

func (w *wireOrders) give(o session.Order) {
	w.p.stats.Guessed++
	w.p.do(o)
}
