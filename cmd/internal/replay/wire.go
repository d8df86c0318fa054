package replay

import (
	"penlog/protocol"
	"penlog/session"
)

// wireOrders makes orders from the recorded host's frames, for captures that hold
// none: a ceiling was wanted, a permit was allowed, and a revoke that the core has
// no cause for was an order. What was wanted of a pen that takes no ceilings can't
// be told from the line. A nil one does nothing.
type wireOrders struct {
	p       *player
	gen     uint16 // of the newest ceiling or revoke
	allowed bool   // a permit was seen under it
	ceiling protocol.Micrometres
}

// heed looks at a frame of the recorded host's before the core does. What that host
// decided by itself the core has decided by now: the turn that led to it is over.
func (w *wireOrders) heed(f *protocol.Frame) {
	if w == nil {
		return
	}
	switch f.Type {
	case protocol.TypeCeiling:
		var m protocol.Ceiling
		if m.Parse(f.Payload) != nil || m.Generation == w.gen {
			return
		}
		if w.p.hot.Guard().Tripped().Rule != 0 { // nothing is set while a trip is latched
			w.give(session.Order{Kind: session.OrderAcknowledge})
			w.p.tick(w.p.now, true)
		}
		if m.Depth <= protocol.TrialCeiling {
			w.gen = m.Generation
			return
		}
		// Without a revoke before it, the ceiling changed while permits went on being wanted.
		w.allowed = w.p.hot.Ready()
		w.gen, w.ceiling = m.Generation, protocol.Micrometres(m.Depth)
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
			w.ceiling = 0
			w.want(false)
		}
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
