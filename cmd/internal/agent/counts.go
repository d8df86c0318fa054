package agent

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"penlog/device"
	"penlog/device/capture"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/store"
)

// Histogram counts durations in fixed buckets. Bounds are upper, in seconds.
type Histogram struct {
	Bounds []float64
	Counts []uint64 // one more than Bounds
	Sum    float64  // seconds
	N      uint64
}

func newHistogram(bounds ...float64) Histogram {
	return Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}
}

func (h *Histogram) add(d time.Duration) {
	s := d.Seconds()
	i := 0
	for i < len(h.Bounds) && s > h.Bounds[i] {
		i++
	}
	h.Counts[i]++
	h.Sum += s
	h.N++
}

func (h *Histogram) clone() Histogram {
	c := *h
	c.Counts = append([]uint64(nil), h.Counts...)
	return c
}

// Counts is a snapshot of what the agent has met, for the metrics.
type Counts struct {
	View     session.View
	Host     protocol.HostStats
	Link     protocol.Link
	Ready    bool
	Device   device.Stats
	Port     device.Status
	Store    store.Health
	Findings map[session.Rule]map[session.Response]uint64 // broken, by response
	Ended    map[session.State]uint64
	Strokes  uint64
	Decide   Histogram // bytes read → revoke handed to the port's writer
	Stop     Histogram // revoke → motor off in telemetry
	Commit   Histogram // handed to the store → on the disk
	Age      Histogram // of readings at arrival, upper bound
	Notes    int       // that wait for Cold
	Dropped  uint64    // notes that did not fit
	Lines    uint64    // lines lost
	Unseen   time.Duration
	Visits   Visits
	Alias    string // the clinic's word for the pen, "" none
	Capture  capture.Status
	Captures bool // something is to be captured
}

// counts are the agent's counters. Each lane writes its own; mu guards the rest.
type counts struct {
	batch    atomic.Uint64 // batches committed
	inFlight atomic.Uint64 // newest batch submitted
	dropped  atomic.Uint64

	mu       sync.Mutex
	host     protocol.HostStats
	link     protocol.Link
	ready    bool
	observed protocol.Instant
	findings map[session.Rule]map[session.Response]uint64
	ended    map[session.State]uint64
	strokes  uint64
	decide   Histogram
	stop     Histogram
	commits  Histogram
	age      Histogram
	lines    uint64
	unseen   time.Duration // with a session open and the pen not monitored
	seenAt   time.Time
	zone     limits.Zone // chosen last
	visits   Visits
}

func (c *counts) init() {
	if c.findings == nil {
		c.findings, c.ended = map[session.Rule]map[session.Response]uint64{}, map[session.State]uint64{}
		c.decide = newHistogram(.0001, .0005, .001, .005, .025, .1)
		c.stop = newHistogram(.01, .02, .03, .05, .1, .2, .3, .5)
		c.commits = newHistogram(.0025, .01, .05, .25, 1, 2)
		c.age = newHistogram(.005, .01, .025, .05, .1, .15, .25)
	}
}

func (c *counts) lock() func() {
	c.mu.Lock()
	c.init()
	return c.mu.Unlock
}

func (c *counts) noteLost() { c.dropped.Add(1) }

func (c *counts) decided(d time.Duration) {
	defer c.lock()()
	c.decide.add(d)
}

// observe copies the host's counts ten times a second. Called by Hot's driver.
func (c *counts) observe(h *session.Hot, now protocol.Instant) {
	if now.Sub(c.observed) < 100*time.Millisecond && c.ready == h.Ready() {
		return
	}
	defer c.lock()()
	c.observed, c.host, c.link, c.ready = now, h.Host().Stats(), h.Host().Link(), h.Ready()
}

func (c *counts) lineLost(err error) {
	defer c.lock()()
	if !errors.Is(err, nil) {
		c.lines++
	}
}

func (c *counts) note(n *session.Note) {
	switch n.Kind {
	case session.NoteReading:
		defer c.lock()()
		c.age.add(n.Age)
	case session.NoteFinding:
		if n.Finding.On {
			defer c.lock()()
			m := c.findings[n.Finding.Rule]
			if m == nil {
				m = map[session.Response]uint64{}
				c.findings[n.Finding.Rule] = m
			}
			m[n.Finding.Response]++
		}
	case session.NoteStopped:
		defer c.lock()()
		c.stop.add(n.Took)
	}
}

func (c *counts) events(events []session.Event) {
	defer c.lock()()
	for _, e := range events {
		switch e := e.(type) {
		case session.Ended:
			c.ended[e.As]++
		case session.MotorRested:
			c.strokes += uint64(e.Strokes)
		}
		c.visitLocked(e)
	}
}

func (c *counts) commit(k store.Committed) {
	defer c.lock()()
	c.commits.add(k.Waited)
}

// seen adds up the time in which a session was open and the pen not monitored.
func (c *counts) seen(v *session.View) {
	defer c.lock()()
	now := time.Now()
	if !c.seenAt.IsZero() && v.Open && unmonitored(v) {
		c.unseen += now.Sub(c.seenAt)
	}
	c.seenAt = now
}

// unmonitored reports whether nobody could have seen a stroke go too deep.
func unmonitored(v *session.View) bool {
	return !v.PenUp || v.Mode == session.ModeNone ||
		slices.ContainsFunc(v.Broken, func(b session.RuleView) bool { return b.Rule == session.ReadingsStale })
}

// Counts returns a snapshot. Any goroutine may ask.
func (a *Agent) Counts() Counts {
	out := Counts{View: a.View(), Device: a.keeper.Stats(), Port: a.keeper.Status(), Store: a.writer.Health(),
		Findings: map[session.Rule]map[session.Response]uint64{}, Ended: map[session.State]uint64{},
		Notes: len(a.notes), Dropped: a.counts.dropped.Load()}
	out.Capture, out.Captures = a.Capturing()
	c := &a.counts
	defer c.lock()()
	out.Host, out.Link, out.Ready = c.host, c.link, c.ready
	for r, m := range c.findings {
		out.Findings[r] = map[session.Response]uint64{}
		for k, n := range m {
			out.Findings[r][k] = n
		}
	}
	for s, n := range c.ended {
		out.Ended[s] = n
	}
	out.Visits, out.Alias = c.visits.clone(), a.cfg.Clinic.PenAlias()
	out.Strokes, out.Lines, out.Unseen = c.strokes, c.lines, c.unseen
	out.Decide, out.Stop, out.Commit, out.Age = c.decide.clone(), c.stop.clone(), c.commits.clone(), c.age.clone()
	return out
}

// Ready reports whether the agent is at work, and why not.
func (a *Agent) Ready() error {
	if !a.ready.Load() {
		return errors.New("agent: starting or stopping")
	}
	if h := a.writer.Health(); !h.Running {
		return errors.New("agent: the record is not being written")
	} else if h.Failing > 2*time.Second {
		return errors.New("agent: the record can't be written: " + h.LastFault.Kind.Act())
	} else if h.Ballast != store.BallastHeld {
		return errors.New("agent: the disk is full: " + store.Full.Act())
	}
	return nil
}
