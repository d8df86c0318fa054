package ports

import (
	"context"
	"sync"

	"penlog/device"
)

// Listen opens all of these ports at once, listens to each for [ListenFor], writes
// to none, and closes them. Which may be opened, [May] says; Listen does not ask.
// The answers come in the order of the ports. It returns early when ctx ends.
func Listen(ctx context.Context, cfg Config, all []device.PortInfo) []Heard {
	cfg = cfg.withDefaults()
	out := make([]Heard, len(all))
	var wg sync.WaitGroup
	for i, p := range all {
		wg.Go(func() {
			h, port := hear(ctx, cfg.Open, p, device.Options{}, ListenFor)
			if port != nil {
				port.Close()
			}
			out[i] = h
		})
	}
	wg.Wait()
	return out
}
