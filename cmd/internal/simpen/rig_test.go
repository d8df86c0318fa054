package simpen_test

import (
	"context"
	"io"
	"testing"
	"time"

	"penlog/cmd/internal/simpen"
	"penlog/protocol"
	"penlog/sim"
)

// patience is how long a test waits for what must come; none waits for it to pass.
const patience = 20 * time.Second

// rig is a running pen and what is seen of it.
type rig struct {
	t        *testing.T
	controls chan simpen.Control
	seen     chan simpen.Observation
	stop     context.CancelFunc
	done     chan error
	ready    simpen.Ready
}

func start(t *testing.T, change func(*simpen.Config)) *rig {
	t.Helper()
	profile, err := sim.ProfileByName("reference")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, controls: make(chan simpen.Control), seen: make(chan simpen.Observation, 10_000), done: make(chan error, 1)}
	cfg := simpen.Config{Pen: sim.Config{Profile: profile, Seed: 1}, Baud: 115200, Controls: r.controls,
		Observe: func(o simpen.Observation) {
			select {
			case r.seen <- o:
			default:
				t.Error("too many observations")
			}
		}}
	change(&cfg)
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	go func() { r.done <- simpen.Run(ctx, cfg) }()
	t.Cleanup(func() { stop(); r.end() })
	r.ready = *r.await("ready", nil).Ready
	return r
}

// end waits for Run to end, once.
func (r *rig) end() error {
	select {
	case err, ok := <-r.done:
		if ok {
			close(r.done)
		}
		return err
	case <-time.After(patience):
		r.t.Error("Run does not end")
		return nil
	}
}

func (r *rig) do(c simpen.Control) {
	r.t.Helper()
	select {
	case r.controls <- c:
	case <-time.After(patience):
		r.t.Fatalf("nobody takes the control %+v", c)
	}
}

// await takes observations until one is of the kind and, if given, fits.
func (r *rig) await(see string, fits func(*simpen.Observation) bool) simpen.Observation {
	r.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case o := <-r.seen:
			if !o.Simulated {
				r.t.Fatalf("observation %+v does not say that it is simulated", o)
			}
			if o.See == see && (fits == nil || fits(&o)) {
				return o
			}
			if o.See == "refused" && see != "refused" {
				r.t.Fatalf("refused: %s: %s", o.Of, o.Why)
			}
		case <-timeout:
			r.t.Fatalf("did not see %q", see)
		}
	}
}

// run presses until the motor runs: on a busy machine a permit can die before.
func (r *rig) run() {
	r.t.Helper()
	for range 50 {
		r.do(simpen.Control{Do: "press"})
		if r.await("press", nil).Result == "ran" {
			return
		}
		r.await("permit", func(o *simpen.Observation) bool { return *o.On })
	}
	r.t.Fatal("the motor does not start")
}

// exceed turns the dial of a running pen to the end and returns what the pen
// measured of its stop. On a machine too busy for the host to answer before its
// permit dies, it tries again, with another pen.
func exceed(t *testing.T, open func(*testing.T) (*rig, io.ReadWriteCloser)) *simpen.OverLimit {
	t.Helper()
	for range 5 {
		r, line := open(t)
		h := dial(t, line, 1000)
		h.set(func(h *host) { h.long = true })
		id := hear[protocol.Identity](t, h)
		if !id.Caps.Has(protocol.CapSimulated) || id.Serial != r.ready.Serial || id.Vendor != "Penlog simulator" {
			t.Errorf("identity %+v, want that of %+v", id, r.ready)
		}
		if w := hear[protocol.Welcome](t, h); w.Rate < 100 {
			t.Errorf("welcome %+v, want readings", w)
		}
		hear[permitted](t, h)
		r.run()
		r.do(simpen.Control{Do: "dial", UM: 2500})
		v := r.await("over_limit", nil).Over
		if v.Cause == "revoke" {
			return v
		}
		t.Logf("the host was too late: %+v", v)
	}
	t.Fatal("no stop by a revoke")
	return nil
}

// inOrder checks what every stop by a revoke must be.
func inOrder(t *testing.T, v *simpen.OverLimit) {
	t.Helper()
	if v.CeilingUM != 1000 {
		t.Errorf("over limit %+v, want a ceiling of 1000 µm", v)
	}
	order := []int64{v.BeganUS, v.FrameUS, v.WrittenUS, v.RevokeUS, v.MotorOffUS, v.ClearUS}
	for i := 1; i < len(order); i++ {
		if order[i-1] == 0 || order[i] < order[i-1] {
			t.Fatalf("moments are out of order: %+v", v)
		}
	}
	if v.ToRevokeUS != v.RevokeUS-v.WrittenUS || v.ToClearUS != v.ClearUS-v.WrittenUS {
		t.Errorf("spans do not fit the moments: %+v", v)
	}
	if stop := v.ClearUS - v.MotorOffUS; stop > 60_000 {
		t.Errorf("needles clear %d µs after the motor went off, want at most the stated 60 ms", stop)
	}
	t.Logf("written → revoke %d µs, → needles clear %d µs, overshoot %d µm, strokes after %d",
		v.ToRevokeUS, v.ToClearUS, v.OvershootUM, v.StrokesAfter)
}

func penConfig(t *testing.T) sim.Config {
	t.Helper()
	profile, err := sim.ProfileByName("reference")
	if err != nil {
		t.Fatal(err)
	}
	return sim.Config{Profile: profile, Seed: 1}
}
