package simpen_test

import (
	"testing"
	"time"

	"penlog/cmd/internal/simpen"
	"penlog/protocol"
	"penlog/sim"
)

// presser presses once, at a moment of its own, and counts in whoever wakes it.
type presser struct {
	begun   time.Time
	wake    chan struct{}
	at      protocol.Instant // of the press; [sim.Never]: done
	last    protocol.Instant
	back    bool // time went back
	pressed protocol.Instant
	booted  bool
	woken   chan protocol.Instant
}

func (p *presser) Begin(start time.Time)              { p.begun = start }
func (p *presser) Wake() <-chan struct{}              { return p.wake }
func (p *presser) Next() protocol.Instant             { return p.at }
func (p *presser) Delivered([]byte, protocol.Instant) {}
func (p *presser) Saw(e *sim.Event) {
	switch e.Kind {
	case sim.EventPress:
		p.pressed = e.At
	case sim.EventBoot:
		p.booted = true
	}
}

func (p *presser) Step(rig *sim.Rig, now protocol.Instant) {
	p.back = p.back || now < p.last
	p.last = now
	if p.at <= now {
		p.at = sim.Never
		rig.Press(now)
	}
	if p.pressed != 0 {
		select {
		case p.woken <- now:
		default:
		}
	}
}

// A player's moments are exact, whatever else the pen's goroutine has to do, and it
// is woken without one.
func TestAPlayerIsExact(t *testing.T) {
	const at = 123_457
	p := &presser{wake: make(chan struct{}, 1), at: at, woken: make(chan protocol.Instant)}
	before := time.Now()
	r := tcp(t, func(c *simpen.Config) { c.Player = p })
	limit := time.After(patience)
	var stepped protocol.Instant
	for range 3 {
		p.wake <- struct{}{}
		select {
		case now := <-p.woken:
			if now < stepped {
				t.Errorf("woken at %v after %v", now, stepped)
			}
			stepped = now
		case <-limit:
			t.Fatal("nobody is woken")
		}
	}
	r.stop()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	if p.pressed != at || p.back || !p.booted || p.begun.Before(before) || p.begun.After(time.Now()) {
		t.Errorf("pressed at %v, want %v; time went back: %t; booted: %t; begun at %v", p.pressed, protocol.Instant(at), p.back, p.booted, p.begun)
	}
}
