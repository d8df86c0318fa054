package device

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	// steady is how long a line must hold before its end is news again.
	steady = 10 * time.Second
	// gone is how many attempts must fail in a row to be news after a flicker.
	gone = 10
)

// journal logs a keeper's changes and is silent while nothing changes: a pen
// may stay unplugged for a week, and a bad cable may come and go each second.
type journal struct {
	log *slog.Logger

	mu      sync.Mutex
	said    string // what was logged last
	flicker bool   // the last line was not steady: say less until one is
	fails   int    // attempts that failed since the last line
}

// opened logs an open port, after a flicker only once it is steady. The caller
// calls over when the line is.
func (j *journal) opened() (over func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.fails = 0
	if !j.flicker {
		j.sayLocked("open", slog.LevelInfo, "port open")
		return func() {}
	}
	timer := time.AfterFunc(steady, func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.flicker = false
		j.sayLocked("open", slog.LevelInfo, "port open")
	})
	return func() { timer.Stop() }
}

// lost logs the end of a steady line, and the first of those that were not.
func (j *journal) lost(err error, held time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	quiet := j.flicker && held < steady
	j.flicker = held < steady
	switch {
	case errors.Is(err, ErrAbandoned):
		j.sayLocked("abandoned", slog.LevelError, "port abandoned", "err", err)
	case !quiet:
		j.sayLocked("lost", slog.LevelWarn, "port lost", "err", err, "held_ms", held.Milliseconds())
	}
}

// failed logs that the port cannot be opened, once for each kind of reason.
func (j *journal) failed(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.fails++; j.flicker && j.fails < gone {
		return
	}
	key := err.Error()
	if oe, ok := errors.AsType[*OpenError](err); ok {
		key = oe.Kind.Error() // the detail may differ each time
	}
	j.sayLocked("failed: "+key, slog.LevelWarn, "cannot open port", "err", err)
}

func (j *journal) sayLocked(key string, level slog.Level, msg string, args ...any) {
	if j.said == key {
		return
	}
	j.said = key
	j.log.Log(context.Background(), level, msg, args...)
}
