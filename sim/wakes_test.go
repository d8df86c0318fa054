package sim_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/sim"
)

// When a rig next does something is the same, asked once or often, whatever was done
// to it last.
func TestWhatARigRemembersOfItsNextIsTrue(t *testing.T) {
	kinds := sim.Faults()
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, rapid.SampledFrom([]string{"reference", "enforcing", "set-only"}).Draw(rt, "profile"), nil)
		h := onRig(t, r).greet(1500)
		h.run(100 * ms)
		pull, in := sim.Act{Do: sim.DoUnplug}, sim.Act{Do: sim.DoReplug}
		act := map[string]func(*rapid.T){
			"inject": func(rt *rapid.T) {
				k := rapid.SampledFrom(kinds).Draw(rt, "fault")
				f := sim.Fault{Kind: k.Kind, Amount: k.Amount}
				if !k.AtOnce && rapid.Bool().Draw(rt, "ends") {
					f.For = time.Duration(rapid.IntRange(1, 50).Draw(rt, "for")) * time.Millisecond
				}
				if err := r.Inject(r.Now(), f); err != nil {
					rt.Fatal(err)
				}
			},
			"clear": func(rt *rapid.T) {
				if there := r.Faults(nil); len(there) > 0 {
					r.Clear(r.Now(), rapid.SampledFrom(there).Draw(rt, "there"))
				}
			},
			"clearAll": func(*rapid.T) { r.ClearAll(r.Now()) },
			"press":    func(*rapid.T) { r.Press(r.Now()) },
			"hello":    func(*rapid.T) { h.session.Nonce++; h.session.Boot = r.Pen().Identity().Boot; h.hello() },
			"pull":     func(*rapid.T) { r.Do(r.Now(), pull) },
			"plug":     func(*rapid.T) { r.Do(r.Now(), in) },
			"hang up":  func(*rapid.T) { r.HangUp(r.Now()) },
			"dial":     func(*rapid.T) { r.Do(r.Now(), sim.Act{Do: sim.DoDial, Depth: 500}) },
			"step":     func(rt *rapid.T) { r.Step(r.Now() + protocol.Instant(rapid.IntRange(0, 20_000).Draw(rt, "us"))) },
			"to the next": func(*rapid.T) {
				if next := r.Wakes(); next != sim.Never {
					r.Step(next)
				}
			},
		}
		act[""] = func(rt *rapid.T) {
			if got, want := r.Wakes(), r.WakesAnew(); got != want {
				rt.Fatalf("it says %d, and wakes at %d", got, want)
			}
		}
		rt.Repeat(act)
	})
}
