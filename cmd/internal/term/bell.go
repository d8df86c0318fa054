package term

import (
	"time"

	"penlog/session"
)

// How often an alarm sounds again. Source: DOMAIN 6.3 (IEC 60601-1-8): high every
// 2.5–15 s, medium every 2.5–30 s, low once.
const (
	highAgain   = 5 * time.Second
	mediumAgain = 15 * time.Second
	apart       = time.Second // of an alarm that comes and goes
)

// Ring is what makes a terminal sound.
const Ring = "\a"

// Bell says when a terminal sounds: at once for an alarm that was not there, and
// again while it stands. Acknowledging or muting silences it, never the screen.
type Bell struct {
	last session.Priority
	what session.Rule
	at   time.Time    // it sounded last, and for what
	rang session.Rule // 0: nothing yet
	test bool
}

// Test lets it sound once, so that a person can confirm that it is heard.
func (b *Bell) Test() { b.test = true }

// Rings reports whether the terminal sounds now.
func (b *Bell) Rings(v *session.View, now time.Time) bool {
	if b.test {
		b.test = false
		return true
	}
	what, p := alarm(v)
	if p < session.PriorityLow || now.UnixMicro() < int64(v.MutedUntil) {
		if p < session.PriorityLow {
			b.last, b.what = session.PriorityInfo, 0
		}
		return false
	}
	again := map[session.Priority]time.Duration{session.PriorityHigh: highAgain, session.PriorityMedium: mediumAgain}[p]
	if fresh := what != b.what || p > b.last; !fresh && (again == 0 || now.Sub(b.at) < again) {
		return false
	}
	if what == b.rang && now.Sub(b.at) < apart {
		return false
	}
	b.last, b.what, b.at, b.rang = p, what, now, what
	return true
}

// alarm is what sounds most: a trip, or a worse alarm that nothing could hold. A
// hold or a cue is calm.
func alarm(v *session.View) (session.Rule, session.Priority) {
	what, p := session.Rule(0), session.PriorityInfo
	if v.Trip != nil {
		what, p = v.Trip.Rule, v.Trip.Words.Priority
	}
	for _, b := range v.Broken {
		if b.Response == session.Alarm && b.Words.Priority > p {
			what, p = b.Rule, b.Words.Priority
		}
	}
	return what, p
}
