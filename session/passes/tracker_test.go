package passes_test

import (
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

// handPasses lets a hand work through a plan on a pen, and gives the passes that
// it made and those inferred, task by task: each task is a zone of its own.
func handPasses(t *testing.T, name string, style sim.Style, seed uint64) (made, inferred int) {
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
	courses := make([]passes.Course, len(plan))
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
		if task < len(courses) && hand.Task() != task {
			courses[task] = append(courses[task], tracker.Take().Glides...)
		}
	}
	if !hand.Done() {
		t.Fatalf("the hand did not come to its end: link %v, proven %v, allowed %v, set %v, runs %v, permit %v", host.Link(), host.Proven(), host.Allowed(), set, pen.Runs(), pen.PermitLeft())
	}
	for _, c := range courses {
		inferred += passes.Infer(c).Passes
	}
	return len(hand.Passes()), inferred
}
