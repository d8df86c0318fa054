package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"penlog/session"
	"penlog/store"
)

// lookEvery is how often the world around is looked at.
const lookEvery = 10 * time.Second

// least is the earliest that the wall clock can be: this program is not older.
var least = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// runWorld looks at what the arming checks need to know of this PC.
func (a *Agent) runWorld(ctx context.Context) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		w := session.World{Clock: clockFact(time.Now()), Record: a.recordFact(ctx)}
		a.world.Store(&w)
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// clockFact judges the wall clock: it can't be before this program. That it jumps
// the guard sees.
func clockFact(now time.Time) session.Fact {
	if now.Before(least) {
		return session.Fact{State: session.FactBad, Words: fmt.Sprintf("the clock of this PC says %s, which can't be", now.Format(time.DateOnly)),
			Remedy: "set the clock of this PC, and let it be set by the network"}
	}
	return session.Fact{State: session.FactGood}
}

// recordFact writes a test record and reads it back.
func (a *Agent) recordFact(ctx context.Context) session.Fact {
	ctx, cancel := context.WithTimeout(ctx, lookEvery/2)
	defer cancel()
	if err := a.writer.TestWrite(ctx); err != nil {
		return session.Fact{State: session.FactBad, Words: "a test record could not be written and read back: " + err.Error(), Remedy: "check the free space and the disk of this PC"}
	}
	if a.writer.Ballast() != store.BallastHeld {
		return session.Fact{State: session.FactBad, Words: "the disk of this PC is full", Remedy: store.Full.Act()}
	}
	return session.Fact{State: session.FactGood}
}

// awakeFact says whether this PC is kept from sleeping while a session is open.
func (a *Agent) awakeFact() session.Fact {
	if why := a.awakeErr.Load(); why != nil {
		// Errors of device end with what to do.
		what, do, told := strings.Cut(strings.TrimPrefix(*why, "device: sleep not inhibited: "), "; ")
		if !told {
			do = "switch off automatic sleep in the system's settings"
		}
		return session.Fact{Words: "this PC can't be kept from sleeping: " + what, Remedy: do}
	}
	if a.awakeHeld.Load() {
		return session.Fact{State: session.FactGood}
	}
	return session.Fact{Words: "it is not known yet whether this PC goes to sleep", Remedy: "wait a moment"}
}
