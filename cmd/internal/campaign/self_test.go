package campaign_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// The judge can fail: each saboteur, put between two parts of the world, is
// found within a few seeds, and by the promise that it breaks.
func TestTheJudgeFindsEachSaboteur(t *testing.T) {
	lapse := func(p *sim.Pen) { p.Inject(p.Now(), sim.Fault{Kind: sim.FaultIgnoreLapse}) }
	for _, tt := range []struct {
		name  string
		class campaign.Class
		rule  []string // any of them
		make  func() campaign.Seams
	}{
		{"no revoke leaves the host", campaign.Human, []string{"stop budget"}, func() campaign.Seams {
			return campaign.Seams{Send: func(l protocol.Lane, _ []byte) bool { return l != protocol.LaneRevoke }}
		}},
		{"a pen that runs on when its permit lapses", campaign.Rough, []string{"motor without permit"}, func() campaign.Seams {
			return campaign.Seams{Pen: lapse}
		}},
		{"a pen that starts by itself", campaign.Human, []string{"start without press"}, func() campaign.Seams {
			return campaign.Seams{Pen: func(p *sim.Pen) { p.Inject(p.Now(), sim.Fault{Kind: sim.FaultSelfStart}) }}
		}},
		{"a store that says committed before it is", "", []string{"commit before permit", "answer before commit"}, func() campaign.Seams {
			return campaign.Seams{Early: true}
		}},
		{"a lease that outlives the disk", campaign.Rough, []string{"commit lease"}, func() campaign.Seams {
			return campaign.Seams{Order: func(o *session.Order) bool {
				if o.Kind == session.OrderLease {
					o.Until = o.Until.Add(10 * time.Second)
				}
				return true
			}}
		}},
		{"a ceiling that grows on its way", "", []string{"commit before permit"}, func() campaign.Seams {
			return campaign.Seams{Order: func(o *session.Order) bool {
				if o.Kind == session.OrderWant && o.Ceiling > 0 {
					o.Ceiling += 250
				}
				return true
			}}
		}},
		{"a pause that does not arrive", "", []string{"commit before permit", "unconfirmed"}, func() campaign.Seams {
			return campaign.Seams{Order: func(o *session.Order) bool {
				return o.Kind != session.OrderStop && (o.Kind != session.OrderWant || o.Allow)
			}}
		}},
		{"a restarted agent that resumes by itself", campaign.Rough, []string{"unconfirmed"}, func() campaign.Seams {
			return campaign.Seams{Resume: true}
		}},
		{"permits that live half a second", "", []string{"life"}, func() campaign.Seams {
			return campaign.Seams{Life: 500 * time.Millisecond}
		}},
		{"a host that is shown a tame pen", "", []string{"stop budget", "too deep"}, func() campaign.Seams {
			var d protocol.Decoder
			return campaign.Seams{Heard: func(b []byte) []byte { return tame(&d, b) }}
		}},
		{"a byte of the record that changes", "", []string{"chain"}, func() campaign.Seams {
			n := 0
			return campaign.Seams{Corrupt: func(r *session.Record) {
				if n++; n == 8 {
					r.Body = append([]byte(nil), r.Body...)
					r.Body[len(r.Body)/2] ^= 1
				}
			}}
		}},
		{"a fact that is recorded otherwise than it was", "", []string{"fold"}, func() campaign.Seams {
			var c session.Chain
			return campaign.Seams{Corrupt: func(r *session.Record) { reforge(&c, r) }}
		}},
		{"a slow lane that lags", campaign.Human, []string{"bounds"}, func() campaign.Seams {
			return campaign.Seams{Lag: 300 * time.Millisecond}
		}},
		{"an event of the pen that gets lost", campaign.Human, []string{"event missing"}, func() campaign.Seams {
			return campaign.Seams{Note: func(n *session.Note) bool { return n.Kind != session.NoteEvent || n.Event.ID%8 != 0 }}
		}},
		{"strokes that are counted short", campaign.Human, []string{"true strokes", "zone strokes"}, func() campaign.Seams {
			return campaign.Seams{Note: func(n *session.Note) bool {
				n.Reading.Strokes -= n.Reading.Strokes / 100
				return true
			}}
		}},
		{"readings that count as younger than they are", campaign.Human, []string{"age"}, func() campaign.Seams {
			return campaign.Seams{Note: func(n *session.Note) bool { n.Age /= 4; return true }}
		}},
		{"a pen that is called guarded before its trial", "", []string{"guarded unproven"}, func() campaign.Seams {
			return campaign.Seams{Note: func(n *session.Note) bool {
				if n.Kind == session.NoteUp {
					n.Mode = session.ModeGuarded
				}
				return true
			}}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			finds(t, 60, tt.rule, func(seed uint64) campaign.Result {
				return campaign.Play(campaign.Draw(seed, campaign.Draws{Class: tt.class}), campaign.Options{Seams: tt.make()})
			})
		})
	}
}

// finds plays seeds until the judge finds a saboteur, by one of these rules.
func finds(t *testing.T, most int, rules []string, play func(seed uint64) campaign.Result) {
	t.Helper()
	var mu sync.Mutex
	found, by := 0, ""
	each(most, 1, func(seed uint64) {
		mu.Lock()
		done := found > 0
		mu.Unlock()
		if done {
			return
		}
		r := play(seed)
		mu.Lock()
		defer mu.Unlock()
		for _, v := range r.Violations {
			if slices.Contains(rules, v.Rule) && (found == 0 || int(seed) < found) {
				found, by = int(seed), v.Rule+": "+v.What
			}
		}
	})
	if found == 0 {
		t.Fatalf("not found in %d seeds", most)
	}
	t.Logf("found within %d seeds by %s", found, by)
}

// bent has every reading changed on its way to Cold.
func bent(bend func(r *protocol.Reading)) campaign.Options {
	return campaign.Options{Seams: campaign.Seams{Note: func(n *session.Note) bool {
		if n.Kind == session.NoteReading {
			bend(&n.Reading)
		}
		return true
	}}}
}

// tame makes every reading show the least depth.
func tame(d *protocol.Decoder, b []byte) []byte {
	var out []byte
	var f protocol.Frame
	for ok := true; ok; {
		if b, ok = d.Next(b, &f); !ok {
			break
		}
		payload := f.Payload
		var m protocol.Reading
		if f.Type == protocol.TypeReading && m.Parse(payload) == nil {
			for _, d := range []*uint16{&m.Set, &m.Measured, &m.Peak} {
				if *d != protocol.None {
					*d = min(*d, 250)
				}
			}
			m.StrokesAbove = 0
			payload = m.Append(nil)
		}
		out = protocol.AppendFrame(out, f.Type, f.Seq, payload)
	}
	return out
}

// reforge lets the record say that the motor made one stroke more, with hashes
// that hold.
func reforge(c *session.Chain, r *session.Record) {
	if c.Session != r.Session {
		*c = session.Chain{Session: r.Session}
	}
	if r.Kind == (session.MotorRested{}).Kind() {
		if e, src, err := session.DecodeEvent(r); err == nil {
			m := e.(session.MotorRested)
			m.Strokes++
			r.Body, _ = session.EncodeEvent(m, src)
		}
	}
	c.Seal(r)
}

// The same seed is the same run, whatever runs beside it.
func TestASeedIsARun(t *testing.T) {
	var mu sync.Mutex
	hashes := map[uint64][2]uint64{}
	for i := range 2 {
		each(8, 1, func(seed uint64) {
			r := campaign.Play(campaign.Draw(seed, campaign.Draws{}), campaign.Options{})
			mu.Lock()
			defer mu.Unlock()
			h := hashes[seed]
			h[i] = r.Hash
			hashes[seed] = h
		})
	}
	seen := map[uint64]bool{}
	for seed, h := range hashes {
		if h[0] != h[1] {
			t.Errorf("seed %d is %x, then %x", seed, h[0], h[1])
		}
		if seen[h[0]] {
			t.Errorf("seed %d plays another's run", seed)
		}
		seen[h[0]] = true
	}
}

// Shrinking keeps the broken promise and leaves out what does not matter to it;
// what is left is a script of its own that fails in the same way when it is read
// back from its file.
func TestShrinkKeepsWhatMatters(t *testing.T) {
	opts := campaign.Options{Seams: campaign.Seams{Resume: true}}
	for seed := range uint64(60) {
		r := campaign.Play(campaign.Draw(seed+1, campaign.Draws{Class: campaign.Rough}), opts)
		if len(r.Violations) == 0 || r.Violations[0].Rule != "unconfirmed" || len(r.Script.Steps) < 5 {
			continue
		}
		small := campaign.Shrink(r, opts)
		if len(small.Violations) == 0 || small.Violations[0].Rule != "unconfirmed" || len(small.Script.Steps) == 0 || len(small.Script.Steps) >= len(r.Script.Steps) {
			t.Errorf("seed %d: %d steps shrunk to\n%s\nviolations %v", r.Script.Seed, len(r.Script.Steps), small.Script.YAML(), small.Violations)
		}
		back, err := script.Load("small.yaml", small.Script.YAML())
		if err != nil {
			t.Fatal(err)
		}
		if again := campaign.Play(back, opts); again.Hash != small.Hash {
			t.Errorf("read back it is another run")
		}
		t.Logf("seed %d: %d steps shrunk to\n%s", r.Script.Seed, len(r.Script.Steps), small.Script.YAML())
		return
	}
	t.Fatal("no seed to shrink")
}

// Queues keep their bounds whatever stalls, over many minutes as over one.
func TestNothingGrows(t *testing.T) {
	short := campaign.Play(campaign.Draw(7, campaign.Draws{Class: campaign.Rough, Length: time.Minute}), campaign.Options{})
	long := campaign.Play(campaign.Draw(7, campaign.Draws{Class: campaign.Rough, Length: long * time.Minute}), campaign.Options{})
	for _, r := range []campaign.Result{short, long} {
		if r.Failed() {
			report(t, &r)
		}
	}
	// Each trouble fills them anew; none leaves anything behind.
	if p, q := short.Counts.Peaks, long.Counts.Peaks; q.Orders > 4*p.Orders+16 || q.Records > 4*p.Records+64 || q.Flying > 10 {
		t.Errorf("after %v: %+v, after %v: %+v", short.Script.Length, p, long.Script.Length, q)
	}
}

// BenchmarkVirtualTime measures how much faster than life a run is on one core.
func BenchmarkVirtualTime(b *testing.B) {
	var virtual time.Duration
	var steps uint64
	seed := uint64(0)
	for b.Loop() {
		seed++
		r := campaign.Play(campaign.Draw(seed%50+1, campaign.Draws{}), campaign.Options{})
		virtual += r.Counts.Virtual
		steps += r.Counts.Steps
	}
	b.ReportMetric(virtual.Seconds()/b.Elapsed().Seconds(), "virtual-s/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
}

// BenchmarkLayers measures what each layer takes for a reading, clock readings included.
func BenchmarkLayers(b *testing.B) {
	begun := time.Now()
	m := campaign.Meter{Clock: func() int64 { return time.Since(begun).Nanoseconds() + 1 }}
	seed := uint64(0)
	for b.Loop() {
		seed++
		campaign.Play(campaign.Draw(seed%50+1, campaign.Draws{}), campaign.Options{Meter: &m})
	}
	for _, l := range campaign.Layers() {
		b.ReportMetric(m.PerReading(l), strings.ReplaceAll(l.String(), " ", "-")+"-ns/reading")
	}
}

// Measuring changes nothing, and all that passes on the clock is given to a layer.
func TestMeter(t *testing.T) {
	s := campaign.Draw(3, campaign.Draws{Length: 40 * time.Second})
	plain := campaign.Play(s, campaign.Options{})
	now := int64(0)
	m := campaign.Meter{Clock: func() int64 { now++; return now }}
	metered := campaign.Play(s, campaign.Options{Meter: &m})
	if plain.Hash != metered.Hash {
		t.Error("a measured run is another run")
	}
	sum := int64(0)
	for _, l := range campaign.Layers() {
		if m.NS[l] == 0 || l.String() == "" {
			t.Errorf("layer %q took nothing", l)
		}
		sum += m.NS[l]
	}
	if sum != now-1 || m.Readings == 0 {
		t.Errorf("%d of %d ns are given to layers, of %d readings", sum, now-1, m.Readings)
	}
}

// What has its moment is looked at when it comes, whatever else happens before.
func TestNothingDueIsMissed(t *testing.T) {
	all, err := script.Builtin() // some wait for what is seen
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(10) {
		all = append(all, campaign.Draw(seed+1, campaign.Draws{}))
	}
	for _, s := range all {
		if steps, err := campaign.Planned(s); err != nil || steps == 0 {
			t.Errorf("%s: %d steps, %v", s.Name, steps, err)
		}
	}
}
