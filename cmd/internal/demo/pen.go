package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"

	"penlog/cmd/internal/simpen"
)

// pen is the pen's process: its controls go in, what is seen comes out.
type pen struct {
	*child
	at string // the address that the agent opens
}

// startPen starts the pen and waits until it can be found.
func startPen(ctx context.Context, w *world, prog Program, args []string, ended func(*pen)) (*pen, error) {
	c, err := prog.start("simulated pen", args, true)
	if err != nil {
		return nil, err
	}
	p := &pen{child: c}
	go func() {
		lines := bufio.NewScanner(c.out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var o simpen.Observation
			if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
				w.tell(func() { w.dead = fmt.Errorf("demo: what the simulated pen says can't be read: %w", err) })
				continue
			}
			w.observe(o)
		}
		c.wait()
		ended(p)
	}()
	err = w.until(ctx, "the simulated pen is there", func() bool {
		o := w.saw(marks{}, func(o *simpen.Observation) bool { return o.See == "ready" })
		if o != nil {
			p.at = o.Listens
		}
		return o != nil
	})
	if err != nil {
		c.kill()
		return nil, err
	}
	return p, nil
}

// do works the pen, or what is around it.
func (p *pen) do(c simpen.Control) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if _, err := p.in.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("demo: the simulated pen takes no controls any more: %w", err)
	}
	return nil
}
