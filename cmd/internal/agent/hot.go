package agent

import (
	"context"
	"time"

	"penlog/cmd/internal/captures"
	"penlog/device"
	"penlog/protocol"
	"penlog/session"
)

// handler drives Hot from the goroutine that reads one line.
type handler struct {
	a    *Agent
	line *device.Line
	out  *device.Mailbox
	read time.Time // when the newest bytes, or the timeout, had come
	got  []byte    // these bytes, until After
}

// Step judges what was read and puts what must be sent into the mailbox.
func (h *handler) Step(b []byte) {
	a := h.a
	if a.cfg.HoldUp != nil {
		a.cfg.HoldUp()
	}
	a.hotMu.Lock()
	defer a.hotMu.Unlock()
	if a.line != h.line {
		return // it was given up while this hung, and another is at work
	}
	begun := time.Now()
	if !h.read.IsZero() && begun.Sub(h.read) > lateMost {
		a.wasLate()
	}
	h.read, h.got = begun, b
	if len(b) > 0 {
		now, at := a.since(h.read), wallAt(h.read)
		a.cfg.Capture.Clock(int64(now), int64(at))
		a.hot.Wake(now, at)
		a.hot.Receive(b, now)
		h.post(h.read)
	}
}

// After runs orders and timers, and lets Cold see what Hot found. The time is still
// that of the read: what passed since is this program's doing, not the pen's.
func (h *handler) After(drained bool) {
	a := h.a
	a.hotMu.Lock()
	defer a.hotMu.Unlock()
	if a.line != h.line {
		return
	}
	a.cfg.Capture.Read(int64(a.since(h.read)), h.got, drained)
	a.tick(h.read, drained)
	h.post(time.Now())
	a.release()
	if baud, ok := a.hot.Baud(); ok {
		if err := h.line.SetBaud(int(baud)); err != nil {
			a.log.Warn("the pen asked for a line speed that the port refused", "baud", baud, "err", err)
		}
	}
}

// post moves frames from Hot to the line's mailbox. begun is when the bytes
// that led to them had been read.
func (h *handler) post(begun time.Time) {
	var o protocol.Outgoing
	for h.a.hot.Output(&o) {
		switch o.Lane {
		case protocol.LaneRevoke:
			h.out.PutRevoke(o.Bytes())
			h.a.counts.decided(time.Since(begun))
		case protocol.LanePermit:
			h.out.PutPermit(o.Bytes())
		default:
			h.out.PutControl(o.Bytes())
		}
	}
}

// tick runs orders and timers. The two clocks are those of one reading, so that no
// pause of this program between the two looks like a jump. hotMu is held.
func (a *Agent) tick(t time.Time, drained bool) {
	now := a.since(t)
	for {
		select {
		case o := <-a.orders:
			if !a.halted {
				a.do(o, now)
			}
			continue
		default:
		}
		break
	}
	at := wallAt(t)
	a.cfg.Capture.Clock(int64(now), int64(at))
	a.hot.Tick(now, at, drained)
	a.counts.observe(a.hot, now)
}

// do gives Hot an order. hotMu is held.
func (a *Agent) do(o session.Order, now protocol.Instant) {
	if a.cfg.Capture != nil {
		a.order = captures.AppendOrder(a.order[:0], &o)
		a.cfg.Capture.Order(int64(now), a.order)
	}
	a.hot.Do(o, now)
}

func (a *Agent) lineOpened(l *device.Line) device.Handler {
	a.hotMu.Lock()
	defer a.hotMu.Unlock()
	a.line = l
	if c := a.cfg.Capture; c != nil {
		c.Opened(int64(a.now()))
		l.OnWrite(func(begun time.Time, b []byte) { c.Written(int64(a.since(begun)), b) })
	}
	return &handler{a: a, line: l, out: l.Out()}
}

func (a *Agent) lineLost(err error) {
	a.hotMu.Lock()
	defer a.hotMu.Unlock()
	a.line = nil
	now := a.now()
	a.cfg.Capture.Lost(int64(now))
	a.hot.Lost(now)
	a.discard()
	a.release()
	a.counts.lineLost(err)
}

// runIdle drives Hot while no line is open, so that orders are carried out and
// nothing of the pen's last session lives on.
func (a *Agent) runIdle(ctx context.Context) {
	t := time.NewTicker(idleTick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		a.hotMu.Lock()
		if a.line == nil {
			a.tick(time.Now(), false)
			a.discard()
			a.release()
		}
		a.hotMu.Unlock()
	}
}

// discard drops frames that no line is there for. hotMu is held.
func (a *Agent) discard() {
	var o protocol.Outgoing
	for a.hot.Output(&o) {
	}
}

// halt revokes before the port is closed: at the end the pen does not have to
// wait for its permit to die. The line's writer still sends it.
func (a *Agent) halt() {
	a.hotMu.Lock()
	defer a.hotMu.Unlock()
	for { // an order that still waits must not permit again
		select {
		case <-a.orders:
			continue
		default:
		}
		break
	}
	a.halted = true
	a.do(session.Order{Kind: session.OrderWant}, a.now())
	a.do(session.Order{Kind: session.OrderStop}, a.now())
	a.release()
	if a.line != nil {
		h := handler{a: a, line: a.line, out: a.line.Out()}
		h.post(time.Now())
	}
}

// haltWait bounds the wait for a pen to come to rest at the end: a permit's life
// and the time a pen may take to stop. After it the permit has died by itself.
const haltWait = 500 * time.Millisecond

// awaitStill waits until telemetry shows the motor off, so that the record ends
// with the stop, or until no permit can be left.
func (a *Agent) awaitStill() {
	end := time.NewTimer(haltWait)
	defer end.Stop()
	t := time.NewTicker(5 * time.Millisecond)
	defer t.Stop()
	for {
		a.hotMu.Lock()
		still := a.line == nil || !a.hot.Moving()
		a.hotMu.Unlock()
		if still {
			return
		}
		select {
		case <-t.C:
		case <-end.C:
			return
		}
	}
}

// emit keeps a note for Cold until release, if the queue to Cold has room for it.
// It never waits. hotMu is held.
func (a *Agent) emit(n *session.Note) bool {
	if len(a.held)+len(a.notes) >= cap(a.notes) {
		a.counts.noteLost()
		return false
	}
	a.held = append(a.held, *n)
	return true
}

// release hands Cold the notes that were kept: after the answer to the pen has
// been written, since waking Cold takes the time of one. hotMu is held.
func (a *Agent) release() {
	for i := range a.held {
		a.notes <- a.held[i] // all senders hold hotMu, and emit found room
	}
	a.held = a.held[:0]
}
