package agent

import (
	"context"
	"time"
)

// awakeAgain is how long after a refusal it is tried again to keep the PC awake: the
// system may have been busy, or somebody mended it.
const awakeAgain = 10 * time.Second

// stayAwake says whether this PC must not sleep. It never waits: of two wishes
// the later counts.
func (a *Agent) stayAwake(on bool) {
	select {
	case <-a.awake:
	default:
	}
	a.awake <- on
}

// runAwake keeps the PC from sleeping while that is wanted. Where it can't, it
// says so once and goes on trying: a sleep then ends in a hold and a pause, as a clock that jumped.
func (a *Agent) runAwake(ctx context.Context) {
	var release func()
	end := func() {
		if release != nil {
			release()
			release = nil
			a.awakeHeld.Store(false)
		}
	}
	defer end()
	var failed time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case on := <-a.awake:
			switch {
			case !on:
				end()
			case release == nil && time.Since(failed) >= awakeAgain:
				r, err := a.cfg.Inhibit("a microneedling session is armed")
				if err != nil {
					failed = time.Now()
					s := err.Error()
					if was := a.awakeErr.Swap(&s); was == nil || *was != s {
						a.log.Warn("this PC can't be kept from sleeping", "err", err)
					}
					continue
				}
				release = r
				a.awakeErr.Store(nil)
				a.awakeHeld.Store(true)
			}
		}
	}
}
