package live

import (
	"errors"
	"sync"
	"time"

	"penlog/session"
)

// news is what comes from the agent, or from whoever plays.
type news struct {
	at     time.Time
	frame  *frame // of the stream
	events []session.Event

	did  session.CommandKind // what was answered; empty: nothing was
	view *session.View
	err  error // of the answer; of the stream or the run when nothing was answered
	gone bool  // the stream has ended
}

// inboxMost bounds what waits: a minute and a half of frames, which nobody takes that
// long to look at.
const inboxMost = 1000

var errBehind = errors.New("this PC is too busy: what the agent says is not looked at in time")

// inbox takes news from any goroutine to the one that plays.
type inbox struct {
	wake chan struct{}

	mu  sync.Mutex
	all []news // oldest first
}

func (b *inbox) put(n news) {
	b.mu.Lock()
	switch len(b.all) {
	case inboxMost:
		b.mu.Unlock()
		return // it was said
	case inboxMost - 1:
		n = news{at: n.at, err: errBehind}
	}
	b.all = append(b.all, n)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // it is going to look
	}
}

// first is when the oldest came that waits.
func (b *inbox) first() (time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.all) == 0 {
		return time.Time{}, false
	}
	return b.all[0].at, true
}

// take takes the oldest.
func (b *inbox) take() news {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.all[0]
	b.all = append(b.all[:0], b.all[1:]...)
	return n
}
