package protocol_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"penlog/protocol"
)

// line is a simulated truth: a pen's clock that runs at rate against the
// host's, and a line with delays of its own each way.
type truth struct {
	rng      *rand.Rand
	rate     float64       // pen µs per true µs
	wander   float64       // the rate's, as the amplitude of a sine
	period   time.Duration // of that sine; 0: an hour
	first    uint32        // the pen's tick at host instant 0
	up, down time.Duration
	jitter   time.Duration
	stalls   bool
}

func (w *truth) tick(host float64) protocol.Tick {
	// The rate wanders as a sine; its integral is exact.
	period := 3600e6 / (2 * math.Pi)
	if w.period > 0 {
		period = float64(w.period.Microseconds()) / (2 * math.Pi)
	}
	pen := w.rate*host + w.wander*period*(1-math.Cos(host/period))
	return protocol.Tick(uint64(int64(pen)) + uint64(w.first))
}

func (w *truth) delay(base time.Duration) float64 {
	d := float64(base.Microseconds())
	if w.jitter > 0 {
		d += w.rng.ExpFloat64() * float64(w.jitter.Microseconds()) / 3
	}
	return d
}

// run feeds a map with readings and exchanges for d and judges each reading: how
// far the age it gives lies above the true one, and whether ever below.
func (w *truth) run(t *testing.T, d time.Duration, every time.Duration) (worst time.Duration) {
	t.Helper()
	var c protocol.ClockMap
	end := float64(d.Microseconds())
	sync, busy := 0.0, 0.0 // arrivals wait for a stall to end
	syncs := 0
	arrive := func(made float64) float64 {
		at := made + w.delay(w.up)
		if w.stalls && w.rng.IntN(2000) == 0 {
			busy = max(busy, at) + w.rng.Float64()*2e6
		}
		busy = max(busy, at)
		return busy
	}
	for now := 1000.0; now < end; now += float64(every.Microseconds()) {
		if now >= sync {
			got := now + w.delay(w.down)
			c.Exchange(protocol.Instant(now), protocol.Instant(math.Ceil(arrive(got))), w.tick(got))
			sync = now + 487e3
			if syncs++; syncs < 8 {
				sync = now + 50e3
			}
		}
		made := now
		at := math.Ceil(arrive(made))
		tick := w.tick(made)
		c.Observe(tick, protocol.Instant(at))
		for _, later := range []float64{0, 5e3, 150e3} {
			trueAge := time.Duration((at + later - made) * 1000)
			age := c.Age(tick, protocol.Instant(at+later))
			if age < trueAge-2*time.Microsecond {
				t.Fatalf("at %v: age %v, true %v: too young", time.Duration(now)*time.Microsecond, age, trueAge)
			}
			if now > 20e6 && later == 0 {
				worst = max(worst, age-trueAge)
			}
		}
	}
	return worst
}

func TestTrueAgeNeverExceedsItsBound(t *testing.T) {
	for seed := range uint64(12) {
		for _, ppm := range []float64{0, 20_000, -20_000, 15_000, -300} {
			rng := rand.New(rand.NewPCG(seed, 1))
			w := truth{rng: rng, rate: 1 + ppm/1e6, first: uint32(1<<32 - 30_000_000 + rng.Uint32N(20_000_000)),
				up: time.Duration(rng.IntN(16000)) * time.Microsecond, down: time.Duration(rng.IntN(16000)) * time.Microsecond,
				jitter: []time.Duration{0, time.Millisecond, 20 * time.Millisecond}[seed%3], stalls: seed%2 == 1}
			t.Run(fmt.Sprintf("%d/%v", seed, ppm), func(t *testing.T) {
				worst := w.run(t, 60*time.Second, 10*time.Millisecond)
				if w.stalls || w.jitter > time.Millisecond {
					return
				}
				// The least round trip can't be told apart; beyond it, a few ms.
				if most := w.up + w.down + 2*w.jitter + 3*time.Millisecond; worst > most {
					t.Errorf("bound %v too old at worst, want at most %v (round trip %v)", worst, most, w.up+w.down)
				}
			})
		}
	}
}

func TestAgeOverWrapsOfTheTickAndAWanderingRate(t *testing.T) {
	w := truth{rng: rand.New(rand.NewPCG(7, 7)), rate: 1.02 / 1.0005, wander: 0.0002, first: 5, up: 3 * time.Millisecond, down: 2 * time.Millisecond,
		jitter: time.Millisecond}
	if worst := w.run(t, 3*time.Hour, 50*time.Millisecond); worst > 11*time.Millisecond { // wraps after 71.6 minutes, twice
		t.Errorf("bound %v too old at worst", worst)
	}
}

// On a fast line nothing hides a rate that changes: 400 ppm to and fro in two
// minutes is more than a pen warming in a hand.
func TestAgeOfAClockThatWarms(t *testing.T) {
	w := truth{rng: rand.New(rand.NewPCG(3, 3)), rate: 1, wander: 0.0004, period: 2 * time.Minute, first: 1, up: time.Millisecond}
	w.run(t, 5*time.Minute, 10*time.Millisecond)
}

// What was made before all the exchanges that are remembered is as old as it looks,
// but for what the exchanges leave open of the clock's rate, which is far less than ±2 %.
func TestAgeOfWhatWasLongAgo(t *testing.T) {
	for _, ppm := range []float64{0, 20_000, -20_000} {
		w := truth{rate: 1 + ppm/1e6, first: 77}
		var c protocol.ClockMap
		for now := 1000.0; now < 60e6; now += 10e3 {
			if int64(now/1e3)%490 == 1 {
				c.Exchange(protocol.Instant(now-400), protocol.Instant(math.Ceil(now+400)), w.tick(now))
			}
			c.Observe(w.tick(now), protocol.Instant(math.Ceil(now+400)))
		}
		for _, ago := range []float64{1e6, 10e6, 30e6} {
			got, want := c.Age(w.tick(60e6-ago), 60e6), time.Duration(ago)*time.Microsecond
			if most := 2*time.Millisecond + want/500; got < want || got > want+most {
				t.Errorf("%v ppm: what was made %v ago is %v old, want no more than %v beyond", ppm, want, got, most)
			}
		}
	}
}

func TestAgeWithoutAnExchangeIsUnbounded(t *testing.T) {
	var c protocol.ClockMap
	for i := range 1000 {
		c.Observe(protocol.Tick(i*5000), protocol.Instant(i*5000+700))
	}
	if c.Ready() || c.Age(999*5000, 999*5000+700) < time.Hour {
		t.Error("an age without a question ever answered")
	}
}

func FuzzClockMap(f *testing.F) {
	f.Add(uint64(1), 50)
	f.Add(uint64(99), 3000)
	f.Fuzz(func(t *testing.T, seed uint64, n int) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var c protocol.ClockMap
		now := protocol.Instant(rng.Int64N(1 << 50))
		for range min(max(n, 0), 5000) {
			now += protocol.Instant(rng.Int64N(1 << rng.IntN(32)))
			tick := protocol.Tick(rng.Uint32())
			if rng.IntN(4) == 0 {
				c.Exchange(now-protocol.Instant(rng.Int64N(1<<20)), now, tick)
			} else {
				c.Observe(tick, now)
			}
			if s := c.Slope(); s < -30_000_000 || s > 30_000_000 {
				t.Fatalf("slope %d", s)
			}
			if age := c.Age(tick, now); age < 0 {
				t.Fatalf("age %v", age)
			}
			if at, early := c.When(tick); early < 0 || early > 1<<62 || at < -1<<60 || at > 1<<60 {
				t.Fatalf("when %d, early %v: overflow", at, early)
			}
		}
	})
}
