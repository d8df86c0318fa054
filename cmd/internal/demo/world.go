package demo

import (
	"context"
	"fmt"
	"sync"
	"time"

	"penlog/cmd/internal/simpen"
	"penlog/cmd/internal/term"
	"penlog/session"
)

// patience is how long a state may take to come before the demo gives up. It is
// far beyond what an idle PC needs: a busy one is no reason to fail.
const patience = 30 * time.Second

// world is what is known of the two processes. Any goroutine may use it.
type world struct {
	mu      sync.Mutex
	changed chan struct{} // closed at the next change

	view   session.View // the agent's newest
	views  int          // how many came from the present agent
	events []session.Event
	top    uint64 // of the present session, the newest record that a view showed as committed
	missed int
	down   bool // no agent runs

	seen   []simpen.Observation
	pen    simpen.State // the pen's newest
	states int
	motor  bool // at the pen
	permit bool // at the pen
	clear  bool // needles

	dead error // a child that ended though nobody asked
}

func newWorld() *world {
	return &world{changed: make(chan struct{}), clear: true, view: session.View{Set: -1, Depth: -1, Battery: -1}}
}

// tell changes the world under its lock and wakes who waits.
func (w *world) tell(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	close(w.changed)
	w.changed = make(chan struct{})
}

// look reads the world under its lock.
func (w *world) look(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// until waits until ok, which is called under the lock, reports true.
func (w *world) until(ctx context.Context, what string, ok func() bool) error {
	t := time.NewTimer(patience)
	defer t.Stop()
	for {
		w.mu.Lock()
		good, dead, changed := ok(), w.dead, w.changed
		w.mu.Unlock()
		switch {
		case good:
			return nil
		case dead != nil:
			return dead
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			v := w.now()
			return fmt.Errorf("demo: waited %v until %s, in vain; the agent shows: %s", patience, what, term.Line(&v))
		}
	}
}

// now returns the agent's newest view.
func (w *world) now() (v session.View) {
	w.look(func() { v = w.view })
	return v
}

// show takes in a view of the agent. Views come by two ways, as answers and in
// the stream: an older one never replaces a newer one. The lock is held.
func (w *world) show(v *session.View) {
	if v.Session != w.view.Session {
		w.top = 0
	} else if v.Events < w.view.Events {
		return
	}
	w.view, w.views = *v, w.views+1
	w.top = max(w.top, v.Committed)
}

// marks says how much has been seen of pen and agent.
func (w *world) marks() (m marks) {
	w.look(func() { m = marks{len(w.seen), len(w.events)} })
	return m
}

type marks struct{ seen, events int }

// saw finds the first observation behind the mark that f takes. The lock is held.
func (w *world) saw(m marks, f func(*simpen.Observation) bool) *simpen.Observation {
	for i := m.seen; i < len(w.seen); i++ {
		if f(&w.seen[i]) {
			return &w.seen[i]
		}
	}
	return nil
}

// heard finds the first event of that type behind the mark. The lock of w is held.
func heard[E session.Event](w *world, m marks, f func(E) bool) (E, bool) {
	for _, e := range w.events[min(m.events, len(w.events)):] {
		if e, ok := e.(E); ok && (f == nil || f(e)) {
			return e, true
		}
	}
	var none E
	return none, false
}

// observe takes in what was seen at the pen.
func (w *world) observe(o simpen.Observation) {
	w.tell(func() {
		switch o.See {
		case "state":
			w.pen, w.states = *o.State, w.states+1
			return // asked for ten times a second: the newest is enough
		case "done":
			return
		case "motor":
			w.motor = *o.On
			if w.motor {
				w.clear = false
			}
		case "clear":
			w.clear = true
		case "permit":
			w.permit = *o.On
		}
		w.seen = append(w.seen, o)
	})
}
