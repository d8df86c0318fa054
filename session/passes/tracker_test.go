package passes_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"penlog/protocol"
	"penlog/session/passes"
	"penlog/sim"
)

// feed makes readings 10 ms apart.
type feed struct {
	t passes.Tracker
	r protocol.Reading
}

func (f *feed) step(n int, change func(r *protocol.Reading)) {
	for range n {
		f.r.Tick += 10_000
		change(&f.r)
		r := f.r
		f.t.See(&r)
	}
}

const touching = protocol.FlagContactKnown | protocol.FlagContact

func running(a protocol.Axis, bits protocol.Flags) func(*protocol.Reading) {
	return func(r *protocol.Reading) {
		r.Flags = protocol.MakeFlags(protocol.MotorRunning, a, bits)
		r.Strokes++
		r.Measured, r.Set = 1004, 1000
	}
}

func TestSliceOfARun(t *testing.T) {
	var f feed
	f.step(1, func(r *protocol.Reading) {
		r.Flags = protocol.FlagContactKnown
		r.Measured, r.Set = protocol.None, 1000
	})
	f.step(10, running(protocol.AxisUnknown, protocol.FlagContactKnown)) // in the air
	f.r.Glides++
	f.step(20, running(protocol.AxisVertical, touching))
	f.step(5, running(protocol.AxisUnknown, protocol.FlagContactKnown))
	f.r.Glides++
	f.step(20, running(protocol.AxisVertical, touching))
	got := f.t.Take()
	// The step in which contact ends was still in contact.
	want := passes.Slice{Contact: 41, ContactMS: 410, OnMS: 550, Glides: passes.Course{{Axis: protocol.AxisVertical, N: 2}},
		Depths: passes.Depths{{Depth: 1000, Strokes: 55}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if d := cmp.Diff(passes.Slice{}, f.t.Take()); d != "" {
		t.Errorf("taken twice:\n%s", d)
	}
}

func TestSliceOfAPenThatTellsLittle(t *testing.T) {
	var f feed
	tell := func(r *protocol.Reading) {
		r.Flags = protocol.MakeFlags(protocol.MotorRunning, 0, 0)
		r.Strokes += 2
		r.Measured, r.Set = protocol.None, 755
	}
	f.step(1, tell)
	f.step(10, tell)
	want := passes.Slice{Contact: 20, ContactMS: 100, OnMS: 100, NoContact: true, Depths: passes.Depths{{Depth: 750, Strokes: 20}}}
	if d := cmp.Diff(want, f.t.Take()); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if f.t.Dwells() != 0 {
		t.Error("dwell without contact or glides")
	}
}

func TestWhatWasNotSeenIsNotCounted(t *testing.T) {
	var f feed
	f.step(5, running(protocol.AxisUnknown, touching))
	f.t.Take()
	f.t.Part()
	f.r.Strokes += 1000
	f.r.Glides += 50
	f.step(1, running(protocol.AxisUnknown, touching))
	if s := f.t.Take(); s.Contact != 0 || len(s.Glides) != 0 || s.OnMS != 0 {
		t.Errorf("counted over a gap: %+v", s)
	}
	f.r.Tick += 2_000_000 // 2 s without a reading: no time of contact that anybody saw
	f.step(1, running(protocol.AxisUnknown, touching))
	if s := f.t.Take(); s.OnMS != 0 || s.Contact != 1 {
		t.Errorf("over 2 s of silence: %+v", s)
	}
	f.r.Strokes -= 500 // what no pen does: for the guard to judge
	f.step(1, running(protocol.AxisUnknown, touching))
	if s := f.t.Take(); s.Contact != 0 {
		t.Errorf("strokes that fell: %+v", s)
	}
}

// The count of glides has 8 bits: it wraps, and what falls made none.
func TestGlidesWrapAndNeverFall(t *testing.T) {
	var f feed
	f.r.Glides = 254
	f.step(2, running(protocol.AxisVertical, touching))
	f.r.Glides += 3 // to 1
	f.step(1, running(protocol.AxisVertical, touching))
	if got := f.t.Take().Glides.Glides(); got != 3 {
		t.Errorf("3 glides over the wrap: %d", got)
	}
	f.r.Glides--
	f.step(1, running(protocol.AxisVertical, touching))
	if got := f.t.Take().Glides.Glides(); got != 0 {
		t.Errorf("a count that fell: %d glides", got)
	}
}

func TestLiftsOfAPenWithoutAxis(t *testing.T) {
	var f feed
	f.step(2, running(protocol.AxisUnknown, protocol.FlagContactKnown))
	for _, lift := range []int{0, 40, 30, 150} {
		f.step(lift, running(protocol.AxisUnknown, protocol.FlagContactKnown))
		f.r.Glides++
		f.step(20, running(protocol.AxisUnknown, touching))
	}
	want := passes.Course{{N: 1}, {N: 1, Lift: 400}, {N: 1, Lift: 300}, {N: 1, Lift: 1500}}
	if d := cmp.Diff(want, f.t.Take().Glides); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestDwell(t *testing.T) {
	var f feed
	f.r.Glides = 7
	f.step(2, running(protocol.AxisUnknown, protocol.FlagContactKnown))
	f.r.Glides++
	f.step(1, running(protocol.AxisVertical, touching))
	f.step(100, running(protocol.AxisVertical, touching))
	if got := f.t.Dwells(); got != time.Second {
		t.Errorf("after 1 s on the spot: %v", got)
	}
	f.r.Glides++
	f.step(1, running(protocol.AxisVertical, touching))
	if got := f.t.Dwells(); got != 0 {
		t.Errorf("a new glide, and dwells for %v", got)
	}
	f.step(50, running(protocol.AxisVertical, touching))
	f.step(1, running(protocol.AxisVertical, protocol.FlagContactKnown))
	if got := f.t.Dwells(); got != 0 {
		t.Errorf("lifted, and dwells for %v", got)
	}
	f.step(1, running(protocol.AxisVertical, touching))
	f.step(50, func(r *protocol.Reading) { r.Flags = protocol.MakeFlags(protocol.MotorOff, 0, touching) })
	if got := f.t.Dwells(); got != 0 {
		t.Errorf("the motor is off, and dwells for %v", got)
	}
}

// A pen that lies on the skin with the motor off is not on one spot for too long,
// and one that can't tell contact is never.
func TestDwellBeginsWithTheMotor(t *testing.T) {
	var f feed
	f.r.Glides = 1
	f.step(2000, func(r *protocol.Reading) { r.Flags = protocol.MakeFlags(protocol.MotorOff, 0, touching) })
	f.step(51, running(protocol.AxisVertical, touching))
	if got := f.t.Dwells(); got != 500*time.Millisecond {
		t.Errorf("the motor runs for 0.5 s: %v", got)
	}
	f.step(100, running(protocol.AxisVertical, protocol.FlagContact))
	if got := f.t.Dwells(); got != 0 {
		t.Errorf("contact is not known, and dwells for %v", got)
	}
}

// The passes inferred from a simulated hand are the passes it made, where the pen
// tells the axis. Where it does not they are an estimate, never far above.
func TestPassesOfHands(t *testing.T) {
	for _, style := range sim.Styles() {
		t.Run(style.Name, func(t *testing.T) {
			made, seen, estimated := 0, 0, 0
			for seed := range uint64(4) {
				m, s := handPasses(t, "reference", style, seed)
				if m != s {
					t.Errorf("seed %d: %d passes made, %d inferred", seed, m, s)
				}
				_, e := handPasses(t, "set-only", style, seed)
				made, seen, estimated = made+m, seen+s, estimated+e
			}
			t.Logf("%d passes made, %d inferred by the axis, %d estimated by pauses", made, seen, estimated)
			if estimated > made*5/4 || estimated == 0 {
				t.Errorf("%d passes made, %d estimated", made, estimated)
			}
		})
	}
}

// glide is one glide as it was seen.
type glide struct {
	passes.Glides
	at   protocol.Instant
	task int
}

// worked is what a hand did, and what was seen of it.
type worked struct {
	made   []sim.Pass
	glides []glide
}

// handPasses lets a hand work through a plan on a pen, and gives the passes that
// it made and those inferred, task by task: each task is a zone of its own.
func handPasses(t *testing.T, name string, style sim.Style, seed uint64) (made, inferred int) {
	t.Helper()
	w := handWorks(t, name, style, seed)
	var courses [3]passes.Course
	for _, g := range w.glides {
		courses[g.task].Join(passes.Course{g.Glides})
	}
	for _, c := range courses {
		inferred += passes.Infer(c).Passes
	}
	return len(w.made), inferred
}

// handWorks lets a hand work through a plan of three zones on a pen.
func handWorks(t *testing.T, name string, style sim.Style, seed uint64) (w worked) {
	t.Helper()
	profile, err := sim.ProfileByName(name)
	if err != nil {
		t.Fatal(err)
	}
	pen, err := sim.NewPen(sim.Config{Profile: profile, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	host := protocol.NewHost(protocol.HostConfig{Rate: 200}, [32]byte{byte(seed), 1})
	plan := []sim.Task{{Depth: 1000, Passes: 4}, {Depth: 750, Passes: 3, Wait: 2_000_000}, {Depth: 500, Passes: 2, Wait: 2_000_000}}
	hand := sim.NewHand(sim.HandConfig{Style: style, Seed: seed, Begin: 3_000_000, Plan: plan})
	var tracker passes.Tracker
	var notice protocol.Notice
	var out protocol.Outgoing
	var line []byte
	set := false
	for now := protocol.Instant(0); !hand.Done() && now < 600_000_000; now += 1000 {
		pen.Step(now)
		task := hand.Task()
		hand.Act(pen, now)
		line = pen.AppendOutput(line[:0])
		for rest := line; len(rest) > 0; {
			rest = host.Receive(rest, now)
			for host.Notice(&notice) {
				if notice.Kind == protocol.NoticeReading {
					tracker.See(&notice.Reading)
				}
			}
		}
		if !host.Proven() && !host.Testing() {
			host.Prove(now)
		}
		if host.Proven() && !set {
			set = host.SetCeiling(2500, now) != 0
		}
		if _, _, ok := host.Confirmed(); ok && set && !host.Allowed() {
			host.Allow(true)
		}
		host.Advance(now)
		for host.Output(&out) {
			pen.Receive(out.Bytes(), now)
		}
		for _, g := range tracker.Take().Glides {
			for range g.N {
				w.glides = append(w.glides, glide{passes.Glides{Axis: g.Axis, N: 1, Lift: g.Lift}, now, min(task, len(plan)-1)})
				g.Lift = 0 // it is before the first of them
			}
		}
	}
	if !hand.Done() {
		t.Fatalf("the hand did not come to its end: link %v, proven %v, allowed %v, set %v, runs %v, permit %v", host.Link(), host.Proven(), host.Allowed(), set, pen.Runs(), pen.PermitLeft())
	}
	w.made = slices.Clone(hand.Passes())
	return w
}

// boundaries are the moments at which passes began, by what was seen. A pass
// counts from its third glide on; it began with the first of them.
func (w *worked) boundaries() (out []protocol.Instant) {
	var counter passes.Counter
	task, count := 0, 0
	var at []protocol.Instant // of the glides of the zone
	for _, g := range w.glides {
		if g.task != task {
			counter, task, count, at = passes.Counter{}, g.task, 0, nil
		}
		counter.Add(g.Glides)
		at = append(at, g.at)
		if n := counter.Count().Passes; n > count {
			count = n
			out = append(out, at[max(0, len(at)-3)])
		}
	}
	return out
}

// matched counts boundaries that were found within 2 s, those that were seen and
// were none, and those that were missed.
func (w *worked) matched() (found, wrong, missed int) {
	left := w.boundaries()
	for _, p := range w.made {
		i := slices.IndexFunc(left, func(b protocol.Instant) bool { return max(b-p.Begin, p.Begin-b) <= 2_000_000 })
		if i < 0 {
			missed++
			continue
		}
		found++
		left = slices.Delete(left, i, i+1)
	}
	return found, len(left), missed
}

// Where the pen tells the axis, passes begin when they truly began, within 2 s, for
// every hand: F1 is 0.98 or more. Where it does not, pauses tell, and it is said of
// each hand how well.
func TestPassBoundaries(t *testing.T) {
	var found, wrong, missed int
	f1 := func(found, wrong, missed int) float64 { return 2 * float64(found) / float64(2*found+wrong+missed) }
	for _, style := range sim.Styles() {
		var with, without [3]int
		for seed := range uint64(5) {
			for name, sum := range map[string]*[3]int{"reference": &with, "set-only": &without} {
				w := handWorks(t, name, style, seed+100)
				f, x, m := w.matched()
				sum[0], sum[1], sum[2] = sum[0]+f, sum[1]+x, sum[2]+m
			}
		}
		t.Logf("%-12s F1 %.3f by the axis (%v), %.3f by pauses (%v)", style.Name, f1(with[0], with[1], with[2]), with, f1(without[0], without[1], without[2]), without)
		found, wrong, missed = found+with[0], wrong+with[1], missed+with[2]
	}
	if all := f1(found, wrong, missed); all < 0.98 {
		t.Errorf("F1 by the axis is %.3f: %d found, %d wrong, %d missed", all, found, wrong, missed)
	} else {
		t.Logf("all hands: F1 %.4f by the axis: %d found, %d wrong, %d missed", all, found, wrong, missed)
	}
}
