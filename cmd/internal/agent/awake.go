package agent

import (
	"context"
)

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
// says so once: a sleep then ends in a hold and a pause, as a clock that jumped.
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
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case on := <-a.awake:
			switch {
			case !on:
				end()
			case release == nil && !failed:
				r, err := a.cfg.Inhibit("a microneedling session is armed")
				if err != nil {
					failed = true
					s := err.Error()
					a.awakeErr.Store(&s)
					a.log.Warn("this PC can't be kept from sleeping", "err", err)
					continue
				}
				release = r
				a.awakeHeld.Store(true)
			}
		}
	}
}
