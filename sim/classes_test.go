package sim_test

import (
	"testing"

	"penlog/protocol"
	"penlog/sim"
)

// The figures of DOMAIN 2, said again.
func TestClassesHaveTheFiguresOfTheirPens(t *testing.T) {
	for _, tt := range []struct {
		name            string
		least, greatest uint16
		step            uint16
		rate            [2]protocol.DeciHertz
		needles         uint8
		accuracy        uint16 // 0: not stated there
	}{
		{"skinpen-class", 0, 2500, 250, [2]protocol.DeciHertz{1170, 1170}, 14, 0},
		{"exceed-class", 0, 1500, 100, [2]protocol.DeciHertz{1000, 1500}, 6, 150},
		{"exceed-unlimited-class", 0, 1900, 100, [2]protocol.DeciHertz{1000, 1500}, 6, 150},
		{"rejuvapen-class", 0, 2500, 250, [2]protocol.DeciHertz{}, 12, 0},
		{"skinstylus-class", 0, 2500, 250, [2]protocol.DeciHertz{}, 36, 0},
		{"drpen-a20-class", 0, 2000, 100, [2]protocol.DeciHertz{}, 14, 0},
		{"fast-dial", 250, 2500, 250, [2]protocol.DeciHertz{0, 3000}, 36, 0},
		{"propen-class", 100, 1500, 200, [2]protocol.DeciHertz{}, 14, 0},
		{"codex-class", 0, 2000, 100, [2]protocol.DeciHertz{}, 12, 0},
		{"dermapen4-class", 200, 3000, 100, [2]protocol.DeciHertz{0, 1200}, 16, 0},
		{"dermapen-md-class", 250, 2500, 250, [2]protocol.DeciHertz{0, 900}, 11, 0},
	} {
		f, err := sim.ProfileByName(tt.name)
		if err != nil {
			t.Error(err)
			continue
		}
		id := f.Identity
		if id.DepthMin != tt.least || id.DepthMax != tt.greatest || id.DepthStep != tt.step || id.NeedleCount != tt.needles ||
			tt.rate[0] != 0 && id.RateMin != tt.rate[0] || tt.rate[1] != 0 && id.RateMax != tt.rate[1] || tt.accuracy != 0 && id.Accuracy != tt.accuracy {
			t.Errorf("%s: %+v, want %+v", tt.name, id, tt)
		}
	}
}

// Every mode of a pen is there with every source of depth that it can have, and
// so are pens without axis, with 50 µm resolution, and each way to set a depth.
func TestThereIsAPenOfEveryKind(t *testing.T) {
	type kind struct {
		mode  string
		depth protocol.DepthSource
	}
	kinds := map[kind]int{}
	sets := map[sim.Depth]int{}
	var coarse, blind, mains int
	for _, f := range sim.Profiles() {
		c := f.Identity.Caps
		k := kind{"listening", f.Identity.Depth()}
		switch {
		case c.Has(protocol.CapTalksOnly):
			k.mode = "talks only"
		case c.Has(protocol.CapPermits):
			k.mode = "guarded"
		case c.Has(protocol.CapStop):
			k.mode = "stoppable"
		}
		kinds[k]++
		sets[f.Depth]++
		if f.Identity.Resolution == 50 {
			coarse++
		}
		if !c.Has(protocol.CapAxis) && c.Has(protocol.CapPermits) {
			blind++
		}
		if f.BatteryMAH == 0 {
			mains++
		}
		if f.About == "" || f.Source == "" {
			t.Errorf("%s says too little of itself", f.Name)
		}
	}
	for _, want := range []kind{{"guarded", protocol.DepthMeasured}, {"guarded", protocol.DepthSet}, {"stoppable", protocol.DepthMeasured},
		{"stoppable", protocol.DepthSet}, {"listening", protocol.DepthMeasured}, {"talks only", protocol.DepthMeasured},
		{"talks only", protocol.DepthSet}, {"talks only", protocol.DepthManual}} {
		if kinds[want] == 0 {
			t.Errorf("no pen is %s with depth %v", want.mode, want.depth)
		}
	}
	if coarse < 3 || blind < 2 || mains < 2 || len(sets) != 3 {
		t.Errorf("%d of 50 µm, %d guarded without axis, %d on mains, depth set in %d ways", coarse, blind, mains, len(sets))
	}
}

// strokesIn is how many strokes a pen makes in 5 s on skin.
func strokesIn(t *testing.T, charge uint8, skin sim.Skin, depth protocol.Micrometres) uint64 {
	t.Helper()
	p := newPen(t, "reference", func(c *sim.Config) { c.Charge = charge })
	p.Dial(0, depth)
	h := greet(t, p, 2500)
	h.run(1000 * ms)
	p.Touch(p.Now(), skin)
	p.Contact(p.Now(), true)
	h.start()
	from := p.Strokes()
	h.run(5000 * ms)
	return p.Strokes() - from
}

func TestAnEmptyBatteryCostsRateAndTorque(t *testing.T) {
	full, some, low := strokesIn(t, 0, sim.SkinPlain, 500), strokesIn(t, 25, sim.SkinPlain, 500), strokesIn(t, 5, sim.SkinPlain, 500)
	if some != full || low >= full*9/10 || low <= full*7/10 {
		t.Errorf("%d strokes of a full battery, %d at 25 %%, %d at 5 %%", full, some, low)
	}
	deep, weak := strokesIn(t, 0, sim.SkinBony, 2500), strokesIn(t, 5, sim.SkinBony, 2500)
	if lost, weakLost := full-deep, low-weak; weakLost <= lost {
		t.Errorf("bony skin costs %d strokes of a full battery and %d of one at 5 %%", lost, weakLost)
	}
}

func TestStifferSkinCostsRate(t *testing.T) {
	var last uint64
	for i, s := range []sim.Skin{sim.SkinBony, sim.SkinFirm, sim.SkinPlain, sim.SkinSoft} {
		n := strokesIn(t, 0, s, 2000)
		if i > 0 && n <= last {
			t.Errorf("%v skin: %d strokes, %d on the one before", s, n, last)
		}
		last = n
		if got, err := sim.SkinByName(s.String()); got != s || err != nil {
			t.Errorf("SkinByName(%v) = %v, %v", s, got, err)
		}
	}
	if _, err := sim.SkinByName("leather"); err == nil {
		t.Error("SkinByName(leather) succeeds")
	}
}

// A pen used until its battery is empty goes dark with the motor braking by itself.
func TestABatteryDiesOfUse(t *testing.T) {
	p := newPen(t, "reference", func(c *sim.Config) { c.Charge = 1; c.Profile.BatteryMAH = 20 })
	h := greet(t, p, 2500)
	h.start()
	h.run(20_000 * ms)
	tr := p.Truth()
	if tr.Alive || !tr.Clear || tr.Strokes < 100 || p.Next() != sim.Never {
		t.Errorf("truth %+v, next %d", tr, p.Next())
	}
	if h.status.Battery != 1 && h.status.Battery != 0 {
		t.Errorf("status %+v just before", h.status)
	}
}

func TestAHandThatOverlapsMakesMoreGlidesAndOneThatStraysTellsNobody(t *testing.T) {
	work := func(style string, seed uint64) (glides, silent int) {
		s, err := sim.StyleByName(style)
		if err != nil {
			t.Fatal(err)
		}
		p := newPen(t, "reference", nil)
		h := greet(t, p, 2500)
		var plan []sim.Task
		for range 6 {
			plan = append(plan, sim.Task{Depth: 1000, Passes: 1})
		}
		hand := sim.NewHand(sim.HandConfig{Style: s, Seed: seed, Begin: p.Now(), Plan: plan})
		last := -1
		for !hand.Done() {
			if at := hand.Next(); at > p.Now() {
				h.run(at - p.Now())
			}
			hand.Act(p, p.Now())
			if hand.Told() > hand.Task() && !hand.Done() {
				t.Fatalf("told of task %d before %d", hand.Told(), hand.Task())
			}
			if hand.Task() != last && !hand.Done() {
				last = hand.Task()
				if hand.Told() != last {
					silent++
				}
			}
		}
		for _, q := range hand.Passes() {
			glides += q.Glides
		}
		return glides, silent
	}
	over, _ := work("overlapping", 3)
	even, silent := work("careful", 3)
	if over < even*3/2 || silent != 0 {
		t.Errorf("%d glides overlapping, %d side by side; %d tasks begun in silence", over, even, silent)
	}
	strayed := 0
	for seed := range uint64(4) {
		_, n := work("straying", seed)
		strayed += n
	}
	if strayed < 6 || strayed > 18 { // of 20
		t.Errorf("%d of 20 tasks begun without a word", strayed)
	}
}
