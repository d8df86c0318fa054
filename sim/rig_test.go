package sim_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/sim"
)

func newRig(tb testing.TB, profile string, change func(*sim.RigConfig)) *sim.Rig {
	tb.Helper()
	f, err := sim.ProfileByName(profile)
	if err != nil {
		tb.Fatal(err)
	}
	cfg := sim.RigConfig{Pen: sim.Config{Profile: f, Seed: 7}}
	if change != nil {
		change(&cfg)
	}
	r, err := sim.NewRig(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// onRig returns a host at the far end of a rig.
func onRig(tb testing.TB, r *sim.Rig) *host {
	h := newHost(tb, r.Pen())
	h.rig = r
	return h
}

// runningRig returns a rig whose pen runs at 1500 µm under a permit.
func runningRig(tb testing.TB, change func(*sim.RigConfig)) (*sim.Rig, *host) {
	tb.Helper()
	r := newRig(tb, "reference", change)
	r.Do(0, sim.Act{Do: sim.DoDial, Depth: 1500})
	h := onRig(tb, r).greet(1500)
	h.run(1000 * ms)
	h.start()
	return r, h
}

func strike(t *testing.T, r *sim.Rig, f sim.Fault) {
	t.Helper()
	if err := r.Inject(r.Now(), f); err != nil {
		t.Fatal(err)
	}
}

// What a rig sends depends on its seed, and on what is written and done when:
// not on the moments at which somebody looks.
func TestARigSendsTheSameHoweverTimeIsCut(t *testing.T) {
	type deed struct {
		at protocol.Instant
		do func(*sim.Rig, protocol.Instant)
	}
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		drift := rapid.Int64Range(-20_000, 20_000).Draw(rt, "drift")
		profile := rapid.SampledFrom([]string{"reference", "reference-usb", "set-only", "monitor-only"}).Draw(rt, "profile")
		line := sim.LineConfig{Delay: time.Millisecond, Jitter: 2 * time.Millisecond, Packet: 16}
		var plan []deed
		at := protocol.Instant(20 * ms)
		write := func(typ protocol.Type, seq uint16, payload []byte) func(*sim.Rig, protocol.Instant) {
			return func(r *sim.Rig, at protocol.Instant) { r.Write(protocol.AppendFrame(nil, typ, seq, payload), at) }
		}
		s := protocol.Session{Nonce: 9, Boot: newRig(t, profile, func(c *sim.RigConfig) { c.Pen.Seed = seed }).Pen().Identity().Boot}
		hello := protocol.Hello{Nonce: 9, Boot: s.Boot, MinVersion: 1, MaxVersion: 1, Generation: 1, Rate: 200}
		plan = append(plan, deed{at, write(protocol.TypeHello, 1, hello.Append(nil))})
		ceiling := protocol.Ceiling{Session: s, Generation: 2, Depth: 1500}
		plan = append(plan, deed{at + 30*ms, write(protocol.TypeCeiling, 2, ceiling.Append(nil))})
		at += 60 * ms
		for i := range rapid.IntRange(1, 12).Draw(rt, "deeds") {
			at += protocol.Instant(rapid.IntRange(0, 200_000).Draw(rt, "gap"))
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0, 1:
				m := protocol.Permit{Session: s, Generation: 2, Depth: 1500, SeenTick: protocol.Tick(at - 10*ms), LifeMS: 300}
				plan = append(plan, deed{at, write(protocol.TypePermit, uint16(i+3), m.Append(nil))},
					deed{at + 5*ms, func(r *sim.Rig, at protocol.Instant) { r.Press(at) }})
			case 2:
				a := sim.Act{Do: sim.DoDial, Depth: protocol.Micrometres(rapid.IntRange(0, 2500).Draw(rt, "depth"))}
				plan = append(plan, deed{at, func(r *sim.Rig, at protocol.Instant) { r.Do(at, a) }})
			case 3:
				a := sim.Act{Do: sim.DoContact, On: rapid.Bool().Draw(rt, "on")}
				plan = append(plan, deed{at, func(r *sim.Rig, at protocol.Instant) { r.Do(at, a) }})
			default:
				f := sim.Fault{Kind: sim.FaultKind(rapid.IntRange(0, len(sim.Faults())-1).Draw(rt, "fault"))}
				if !f.Kind.Info().AtOnce {
					f.For = time.Duration(rapid.IntRange(0, 400).Draw(rt, "for")) * time.Millisecond
				}
				plan = append(plan, deed{at, func(r *sim.Rig, at protocol.Instant) {
					if err := r.Inject(at, f); err != nil {
						rt.Fatal(err)
					}
				}})
			}
		}
		end := at + 1500*ms
		play := func(cut func() protocol.Instant) ([]byte, sim.Truth) {
			r := newRig(t, profile, func(c *sim.RigConfig) {
				c.Pen.Seed, c.Pen.Drift, c.Up, c.Down = seed, drift, line, line
			})
			var got []byte
			for _, d := range append(plan, deed{end, func(*sim.Rig, protocol.Instant) {}}) {
				for r.Now() < d.at {
					to := min(d.at, r.Now()+cut())
					r.Step(to)
					if cut() < 50*ms {
						r.Pen().Truth() // to look changes nothing
						r.Pen().PermitLeft()
					}
				}
				d.do(r, d.at)
			}
			return r.Read(got, end), r.Pen().Truth()
		}
		one, truth := play(func() protocol.Instant { return sim.Never / 2 })
		fixed := protocol.Instant(rapid.IntRange(100, 20_000).Draw(rt, "cut"))
		if again, t2 := play(func() protocol.Instant { return fixed }); !bytes.Equal(again, one) || t2 != truth {
			rt.Fatalf("in steps of %d µs: %d bytes, else %d\n%+v\n%+v", fixed, len(again), len(one), t2, truth)
		}
	})
}

// plain is a host that does nothing but renew permits and read, without garbage.
type plain struct {
	r              *sim.Rig
	h              *host // that brought the session up
	next           protocol.Instant
	buf            []byte
	frame, payload []byte
	events         []sim.Event
	seq            uint16
}

func (p *plain) run(d protocol.Instant) {
	r := p.r
	for end := r.Now() + d; r.Now() < end; {
		r.Step(min(end, max(r.Next(), r.Now()), max(p.next, r.Now())))
		if r.Up().Next() <= r.Now() {
			p.buf = r.Read(p.buf[:0], r.Now())
		}
		if r.Now() >= p.next { // a permit of the tick that the pen shows now
			p.next = r.Now() + 50*ms
			p.seq++
			m := protocol.Permit{Session: p.h.session, Generation: p.h.gen, Depth: uint16(p.h.ceiling), SeenTick: r.Pen().Uptime(r.Now()).Tick(), LifeMS: 300}
			p.payload = m.Append(p.payload[:0])
			p.frame = protocol.AppendFrame(p.frame[:0], protocol.TypePermit, p.seq, p.payload)
			r.Write(p.frame, r.Now())
		}
	}
	p.events = r.TakeEvents(p.events[:0])
}

func TestARigStepsWithoutAllocating(t *testing.T) {
	r, h := runningRig(t, nil)
	r.Do(r.Now(), sim.Act{Do: sim.DoContact, On: true})
	h.run(2000 * ms)
	p := &plain{r: r, h: h, seq: 1000}
	p.run(1000 * ms)
	if n := testing.AllocsPerRun(200, func() { p.run(50 * ms) }); n != 0 {
		t.Errorf("%v allocations in 50 ms", n)
	}
	if !r.Pen().Driven() {
		t.Error("the motor does not run")
	}
}

// The cheap questions have the answers that the truth has.
func TestTheCheapAnswersAreTheTruth(t *testing.T) {
	r, h := runningRig(t, nil)
	rng := uint64(1)
	for i := range 400 {
		rng = rng*6364136223846793005 + 1
		switch rng >> 60 {
		case 0:
			r.Press(r.Now())
		case 1:
			r.Do(r.Now(), sim.Act{Do: sim.DoDial, Depth: protocol.Micrometres(rng >> 40 % 2500)})
		case 2:
			r.Do(r.Now(), sim.Act{Do: sim.DoContact, On: rng>>59&1 == 0})
		case 3:
			h.renew = !h.renew
		}
		h.run(protocol.Instant(rng >> 50 % 60_000))
		p, tr := r.Pen(), r.Pen().Truth()
		if p.Driven() != tr.Driven || p.AtRest() != tr.Clear || p.Permitted() != tr.Permit || p.InContact() != tr.Contact || p.Alive() != tr.Alive ||
			p.Strokes() != tr.Strokes || p.Last() != tr.Last || p.Set() != tr.Set || *p.Episode() != tr.Episode {
			t.Fatalf("step %d: truth %+v, answers otherwise", i, tr)
		}
	}
	if tr := r.Pen().Truth(); tr.Starts < 2 || tr.Episodes == 0 {
		t.Errorf("truth %+v: nothing much happened", tr)
	}
}

func TestThoseWhoListenHearWhatThePenIsAboutToHear(t *testing.T) {
	var heard []byte
	var r *sim.Rig
	before := 0
	r = newRig(t, "reference", func(c *sim.RigConfig) {
		c.Delivered = func(b []byte, now protocol.Instant) {
			heard = append(heard, b...)
			if r.Pen().Hosted() {
				before++
			}
		}
	})
	m := protocol.Hello{Nonce: 5, MinVersion: 1, MaxVersion: 1, Generation: 1, Rate: 100}
	b := protocol.AppendFrame(nil, protocol.TypeHello, 1, m.Append(nil))
	r.Write(b, 100*ms)
	r.Step(100*ms + 100)
	if len(heard) != 0 {
		t.Error("heard before the line carried it")
	}
	r.Step(200 * ms)
	if !bytes.Equal(heard, b) || before != 0 || !r.Pen().Hosted() {
		t.Errorf("heard % x, want % x; %d times after the pen", heard, b, before)
	}
}

func TestACableThatIsOutLosesWhatIsUnderWay(t *testing.T) {
	r, h := runningRig(t, nil)
	r.Do(r.Now(), sim.Act{Do: sim.DoUnplug})
	if r.Plugged() {
		t.Error("the port is still there")
	}
	r.Write([]byte{1, 2, 3}, r.Now())
	if b := r.Read(nil, r.Now()+2000*ms); len(b) != 0 || r.Down().Held() != 0 {
		t.Errorf("%d bytes came, %d are under way", len(b), r.Down().Held())
	}
	if !r.Pen().AtRest() {
		t.Error("the motor runs on without a host")
	}
	r.Do(r.Now(), sim.Act{Do: sim.DoReplug})
	if !r.Plugged() || r.Port() != "port0" {
		t.Errorf("plugged %t as %s", r.Plugged(), r.Port())
	}
	h.identity = protocol.Identity{}
	h.renew = false
	h.run(1100 * ms)
	if h.identity.Boot != h.session.Boot {
		t.Error("it does not announce itself as the same pen")
	}
}

func TestWrongFaultsAreRefusedInWordsAndChangeNothing(t *testing.T) {
	r := newRig(t, "reference", nil)
	for _, tt := range []struct {
		f    sim.Fault
		want string
	}{
		{sim.Fault{Kind: 200}, "none with number 200"},
		{sim.Fault{Kind: sim.FaultDeep, Amount: 9999}, "sim: fault deep: amount is 9999 µm, want 1 to 3000"},
		{sim.Fault{Kind: sim.FaultMute, Amount: 1}, "it takes no amount"},
		{sim.Fault{Kind: sim.FaultMute, Way: sim.Up}, "it takes no direction: leave out the up"},
		{sim.Fault{Kind: sim.FaultStall, For: time.Second}, "it happens at once"},
		{sim.Fault{Kind: sim.FaultMute, For: -time.Second}, "it can't last -1s"},
		{sim.Fault{Kind: sim.FaultMute, Text: "x"}, "it takes no text"},
		{sim.Fault{Kind: sim.FaultOtherPen, Text: string(make([]byte, 33))}, "at most 32 bytes"},
		{sim.Fault{Kind: sim.FaultDelay, Way: 7}, "no such direction"},
	} {
		err := r.Inject(0, tt.f)
		if !errors.Is(err, sim.ErrFault) || !bytes.Contains([]byte(err.Error()), []byte(tt.want)) {
			t.Errorf("Inject(%+v) = %v, want %q", tt.f, err, tt.want)
		}
	}
	if in := r.Faults(nil); len(in) != 0 {
		t.Errorf("in force: %v", in)
	}
}

func TestAFaultLastsAsLongAsItIsTold(t *testing.T) {
	r := newRig(t, "reference", nil)
	strike(t, r, sim.Fault{Kind: sim.FaultMute, For: time.Second})
	strike(t, r, sim.Fault{Kind: sim.FaultLineNoise, Way: sim.Up, For: 2 * time.Second})
	strike(t, r, sim.Fault{Kind: sim.FaultLineNoise, Way: sim.Down, For: 3 * time.Second})
	strike(t, r, sim.Fault{Kind: sim.FaultDelay})
	r.Step(400 * ms)
	want := []sim.Fault{{Kind: sim.FaultMute, For: 600 * time.Millisecond},
		{Kind: sim.FaultLineNoise, Amount: 1000, Way: sim.Up, For: 1600 * time.Millisecond},
		{Kind: sim.FaultLineNoise, Amount: 1000, Way: sim.Down, For: 2600 * time.Millisecond}, {Kind: sim.FaultDelay, Amount: 50}}
	if got := r.Active(nil); !slices.Equal(got, want) {
		t.Errorf("in force: %v, want %v", got, want)
	}
	for _, tt := range []struct {
		at   protocol.Instant
		want []sim.FaultKind
	}{
		{1000*ms - 1, []sim.FaultKind{sim.FaultMute, sim.FaultLineNoise, sim.FaultDelay}},
		{1000 * ms, []sim.FaultKind{sim.FaultLineNoise, sim.FaultDelay}},
		{3000*ms - 1, []sim.FaultKind{sim.FaultLineNoise, sim.FaultDelay}},
		{3000 * ms, []sim.FaultKind{sim.FaultDelay}},
	} {
		r.Step(tt.at)
		if got := r.Faults(nil); len(got) != len(tt.want) || got[0] != tt.want[0] {
			t.Errorf("at %d µs: %v, want %v", tt.at, got, tt.want)
		}
	}
	strike(t, r, sim.Fault{Kind: sim.FaultMute, For: time.Second})
	strike(t, r, sim.Fault{Kind: sim.FaultMute}) // now it stays
	r.Step(10_000 * ms)
	if !r.Has(sim.FaultMute) {
		t.Error("a fault that stays was cleared")
	}
	if r.ClearAll(r.Now()); len(r.Faults(nil)) != 0 {
		t.Errorf("after ClearAll: %v", r.Faults(nil))
	}
}

// BenchmarkRig is a rig whose pen runs on skin at 200 readings a second.
func BenchmarkRig(b *testing.B) {
	r, h := runningRig(b, func(c *sim.RigConfig) { c.Pen.Profile.BatteryMAH = 0 }) // it runs for hours
	r.Do(r.Now(), sim.Act{Do: sim.DoContact, On: true})
	p := &plain{r: r, h: h, seq: 1000}
	b.ReportAllocs()
	for b.Loop() {
		p.run(1000 * ms)
	}
	if !r.Pen().Driven() {
		b.Fatal("the motor does not run")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "virtual-s/s")
}
