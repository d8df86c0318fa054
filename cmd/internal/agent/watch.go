package agent

import (
	"slices"
	"sync"

	"penlog/session"
)

// Update is what a watcher hears: a view, and the events made since the last.
type Update struct {
	View   session.View
	Events []session.Event
	Missed int // updates this watcher was too slow for, since it began
}

// watchers are those who listen to views and events. A slow one is never
// waited for: what does not fit its queue is counted, and it hears how much.
type watchers struct {
	mu     sync.Mutex
	all    map[*Watch]struct{}
	events []session.Event // since the last view
}

// Watch is one listener. C delivers at most 50 updates a second.
type Watch struct {
	C      chan Update
	missed int
	kept   []session.Event
}

// maxKept is how many events a slow watcher may be behind before it loses some.
const maxKept = 1000

// Watch begins to listen; end it with Unwatch.
func (a *Agent) Watch() *Watch {
	w := &Watch{C: make(chan Update, 16)}
	a.watchers.mu.Lock()
	defer a.watchers.mu.Unlock()
	if a.watchers.all == nil {
		a.watchers.all = map[*Watch]struct{}{}
	}
	a.watchers.all[w] = struct{}{}
	return w
}

// Unwatch ends w.
func (a *Agent) Unwatch(w *Watch) {
	a.watchers.mu.Lock()
	defer a.watchers.mu.Unlock()
	delete(a.watchers.all, w)
}

func (ws *watchers) tell(events []session.Event) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if len(ws.all) > 0 {
		ws.events = append(ws.events, events...)
	}
}

func (ws *watchers) show(v *session.View) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		events := slices.Clip(ws.events) // every watcher has the same: none may append in place
		if len(w.kept) > 0 {
			events = append(w.kept, ws.events...)
		}
		select {
		case w.C <- Update{View: *v, Events: events, Missed: w.missed}:
			w.kept = nil
		default:
			w.missed++
			if w.kept = append([]session.Event(nil), events...); len(w.kept) > maxKept {
				w.kept = w.kept[len(w.kept)-maxKept:]
			}
		}
	}
	ws.events = nil
}
