package agent

import (
	"context"
	"time"
)

const (
	// lateMost is the longest that the reader is not run on a PC that has time for
	// it: a read takes 10 ms, and a permit lives for 300.
	lateMost = 40 * time.Millisecond
	// firstFor is how long the agent goes first after that.
	firstFor = 30 * time.Second
)

// wasLate tells that the reader was not run for long. It never waits.
func (a *Agent) wasLate() {
	select {
	case a.late <- struct{}{}:
	default:
	}
}

// runPriority lets this process go before other programs while the PC is busy,
// so that these can't hold renewals up. Not always: a process that goes before
// all else also goes before what carries its bytes to and from the port, and on
// an idle PC its answers then take half a millisecond longer.
func (a *Agent) runPriority(ctx context.Context) {
	if a.cfg.Prioritize == nil {
		return
	}
	back := func() {}
	t := time.NewTimer(firstFor)
	t.Stop()
	first, refused := false, false
	for {
		select {
		case <-ctx.Done():
			back()
			return
		case <-t.C:
			back()
			first, back = false, func() {}
		case <-a.late:
			t.Reset(firstFor)
			if first || refused {
				continue
			}
			undo, err := a.cfg.Prioritize()
			if err != nil {
				refused = true
				a.log.Warn("this PC is busy and gives the agent no priority over other programs: the pen may stop now and then; close some, or allow the agent a real-time priority of 1 (LimitRTPRIO=1 in its unit)", "err", err)
				continue
			}
			first, back = true, undo
			a.log.Info("this PC is busy: the agent goes before other programs for a while")
		}
	}
}
