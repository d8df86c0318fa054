package protocol

import "time"

// slopeLeast and slopeMost bound the rate of true time against a pen's clock
// that is within [Oscillator], rounded outwards.
const (
	slopeLeast = -19_610_000 // 1/1.02 − 1
	slopeMost  = 20_410_000  // 1/0.98 − 1
)

// Oscillator is how far a pen's clock may run from true time, in parts per
// billion: ±2 %. Source: PROTOCOL.md §4.2.
const Oscillator = 20_000_000

// Sizes of the clock map's memory.
const (
	clockWindow    = int64(time.Second / time.Microsecond) // one least delay is kept per window of pen time
	clockWindows   = 16
	clockExchanges = 8
	clockSpan      = 2 * clockWindow // least span that a slope is drawn from
	// clockWander is by how much the rate of a pen's clock may change while the
	// map remembers it, in parts per billion.
	clockWander = 500_000
	// clockReach is the longest span of windows fitted together.
	clockReach = 600 * clockWindow
	// clockLate bounds, in µs, how late a window's least delay may count as.
	clockLate = 20 * clockWindow
)

// ClockMap relates a pen's ticks to the host's clock. Each reading shows a tick
// and when it arrived, which is later than the tick by an unknown delay; each
// exchange shows a tick that lies between the sending of a question and the
// arrival of its answer. The map fits a line through the least delays of the
// last 16 windows of a second (regression through minima, shifted below all of
// them), so queues and stalls, which only add delay, don't move it. The
// exchanges bound how far the line can be off: the pen's clock cannot have been
// read before the question was sent, and how fast it can have gone since then
// is bounded by exchange against arrival over the span remembered, whatever the
// regression says.
//
// Ticks are extended to 64 bits here, once, so neither the wrap of the tick nor
// of any product shows outside. The zero ClockMap knows nothing.
type ClockMap struct {
	started bool
	tick    Tick  // newest
	ext     int64 // the same, extended: µs since the tick 0 before the first one seen

	// The line: host = ext + offset + slope·(ext−origin), slope in ppb.
	origin, offset, slope int64
	fitted                bool // slope rests on a regression over clockSpan

	slowest, fastest int64 // bounds of the slope, in ppb

	least  [clockWindows]clockPoint // ring, newest at count-1
	count  int
	trades [clockExchanges]clockTrade
	traded int
}

// clockPoint is the observation of least delay of one window.
type clockPoint struct{ ext, delta int64 } // delta = arrived − ext

// clockTrade is one question and answer: ext happened not before sent.
type clockTrade struct{ ext, sent int64 }

// Reset forgets everything: after a jump of either clock, or another boot.
func (c *ClockMap) Reset() { *c = ClockMap{} }

// Ready reports whether the map has seen an exchange and can bound its error.
func (c *ClockMap) Ready() bool { return c.traded > 0 }

// Extend gives t as µs since a fixed tick of this map, taking it to lie within
// 35 minutes of the newest tick observed.
func (c *ClockMap) Extend(t Tick) int64 {
	if !c.started {
		return int64(t)
	}
	return c.ext + int64(int32(t-c.tick))
}

// Exchange enters a question sent at sent, whose answer arrived at received and
// says that the pen had the question at tick t.
func (c *ClockMap) Exchange(sent, received Instant, t Tick) {
	c.Observe(t, received)
	c.trades[c.traded%clockExchanges] = clockTrade{c.Extend(t), int64(sent)}
	c.traded++
	c.bound()
}

// bound draws what the slope can be from pairs of exchange and arrival: the
// question says not before, the arrival says not after, and the longer the time
// between them, the less the delays on the line matter.
func (c *ClockMap) bound() {
	c.slowest, c.fastest = slopeLeast, slopeMost
	for i := range min(c.traded, clockExchanges) {
		x := &c.trades[i]
		for j := range min(c.count, clockWindows) {
			p := &c.least[j]
			span := x.ext - p.ext
			if abs(span) < clockSpan || abs(span) > clockReach {
				continue
			}
			// sent − arrived, less the span, is at most the true drift over it;
			// for an arrival after the exchange, at least.
			drift := clamp(x.sent-x.ext-p.delta, -clockReach, clockReach)
			if span > 0 {
				c.slowest = max(c.slowest, drift*1_000_000/span*1000-clockWander)
			} else {
				c.fastest = min(c.fastest, drift*1_000_000/span*1000+clockWander)
			}
		}
	}
	if c.slowest > c.fastest { // no clock of constant rate: believe nothing
		c.slowest, c.fastest = slopeLeast, slopeMost
	}
}

// Observe enters a telemetry frame made at tick t that arrived at the instant
// given.
func (c *ClockMap) Observe(t Tick, arrived Instant) {
	if !c.started {
		c.started, c.tick, c.ext = true, t, int64(t)
		c.origin, c.offset = c.ext, int64(arrived)-c.ext
	}
	ext := c.Extend(t)
	if ext > c.ext {
		c.tick, c.ext = t, ext
	}
	p := clockPoint{ext, int64(arrived) - ext}
	if d := p.delta - c.line(ext); d < 0 {
		c.offset += d // never faster than light: the line lies under every arrival
	}
	if c.count > 0 {
		last := &c.least[(c.count-1)%clockWindows]
		if p.ext/clockWindow <= last.ext/clockWindow {
			// Within the window the point of least delay against the line stays.
			if p.delta-c.line(p.ext) < last.delta-c.line(last.ext) {
				*last = p
			}
			return
		}
		c.fit()
	}
	c.least[c.count%clockWindows] = p
	c.count++
}

// line is the line's offset at ext.
func (c *ClockMap) line(ext int64) int64 {
	return c.offset + (ext-c.origin)/1000*c.slope/1_000_000
}

// fit draws the line anew through the windows' least delays: the slope by least
// squares, the height so that no arrival lies below.
func (c *ClockMap) fit() {
	n := min(c.count, clockWindows)
	newest := c.least[(c.count-1)%clockWindows]
	oldest := c.least[(c.count-n)%clockWindows]
	c.origin = newest.ext
	if newest.ext-oldest.ext > clockReach {
		c.least[0], c.count, n = newest, 1, 1
	}
	if newest.ext-oldest.ext >= clockSpan && n > 2 {
		// In ms and µs relative to the newest point no product leaves 63 bits:
		// 16² × 6·10⁵ ms × 2·10⁷ µs × 10³ is 3·10¹⁸.
		var sx, sy, sxx, sxy int64
		for i := c.count - n; i < c.count; i++ {
			p := c.least[i%clockWindows]
			x, y := (p.ext-newest.ext)/1000, clamp(p.delta-newest.delta, -clockLate, clockLate)
			sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
		}
		m := int64(n)
		if den := m*sxx - sx*sx; den > 0 {
			// µs per ms = 1e-3: ×1e6 for ppb.
			c.slope = clamp((m*sxy-sx*sy)*1000/den*1000, -3*Oscillator/2, 3*Oscillator/2)
			c.fitted = true
		}
	}
	if !c.fitted {
		n = 1 // without a slope older windows only hold the line too low
	}
	c.offset = newest.delta
	for i := c.count - n; i < c.count; i++ {
		p := c.least[i%clockWindows]
		if d := p.delta - c.line(p.ext); d < 0 {
			c.offset += d
		}
	}
}

// When estimates when, by the host's clock, the pen's tick t was. The truth is
// at most early before the estimate. It lies after the estimate by no more than
// the line lies below the newest arrivals, which only makes ages look greater.
// Before the first exchange early is unbounded and given as an hour.
func (c *ClockMap) When(t Tick) (at Instant, early time.Duration) {
	at = c.at(t)
	if c.traded == 0 {
		return at, time.Hour
	}
	ext := c.Extend(t)
	best := int64(time.Hour / time.Microsecond)
	for _, x := range c.trades[:min(c.traded, clockExchanges)] {
		since := ext - x.ext
		slope := c.slowest // the least that can have passed since the question
		switch {
		case since > clockReach || since < -clockReach:
			continue // too long ago to say anything
		case since < 0:
			slope = c.fastest // or the most until it
		}
		least := x.sent + since + floorPer(since, slope)
		best = min(best, int64(at)-least)
	}
	return at, time.Duration(max(best, 0)) * time.Microsecond
}

// at is the estimate of [ClockMap.When] alone.
func (c *ClockMap) at(t Tick) Instant {
	ext := c.Extend(t)
	return Instant(ext + c.line(ext))
}

// Age bounds from above how old at now the telemetry of tick t is.
func (c *ClockMap) Age(t Tick, now Instant) time.Duration {
	at, early := c.When(t)
	return max(now.Sub(at)+early, 0)
}

// Slope is the fitted rate of the host's clock against the pen's, in parts per
// billion: +1000000 means the pen's clock is 0.1 % slow.
func (c *ClockMap) Slope() int64 { return c.slope }

// floorPer is v·ppb/1e9 rounded down, for |v| up to clockReach.
func floorPer(v, ppb int64) int64 { return v*ppb/1_000_000_000 - 1 }

func clamp(v, lo, hi int64) int64 { return max(lo, min(v, hi)) }

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}
