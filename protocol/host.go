package protocol

import (
	"math/rand/v2"
	"time"
)

// The host's timers. Source: PROTOCOL.md §7.
const (
	DefaultLife  = 300 * time.Millisecond // of a permit, from the pen tick the host has seen
	DefaultRenew = 50 * time.Millisecond  // between permits
	MaxLife      = 500 * time.Millisecond

	revokeRepeat  = 20 * time.Millisecond
	ceilingRepeat = 50 * time.Millisecond
	helloRepeat   = 250 * time.Millisecond
	helloTries    = 8
	helloPause    = 2 * time.Second // after helloTries without an answer
	syncFast      = 50 * time.Millisecond
	syncFastCount = 8
	syncSlow      = 487 * time.Millisecond // odd, so that it beats with nothing
	hostSilence   = time.Second            // without a sound frame the link is lost
	announceMost  = 2 * time.Second        // of frames but no identity: another host has the pen (§5.1)
	penPatience   = 980 * time.Millisecond // after so long without a word of ours the pen may have given us up (§5.6, §4.2)
	clockJump     = 500 * time.Millisecond
	clockLateFor  = 2 * time.Second // readings this long too late: the clocks parted
	baudTimeout   = 500 * time.Millisecond
	lastGenerat   = 0xfff0 // at this generation a new session is opened
)

// HostConfig is what a [Host] is made from. Zero fields mean the defaults.
type HostConfig struct {
	Rate  uint16        // readings per second to ask for; default 200
	Baud  uint32        // bits per second to ask a UART pen for; 0: leave the line
	Life  time.Duration // of a permit; default 300 ms, at most 500 ms
	Renew time.Duration // between permits; default 50 ms
}

// Link is how far a [Host] has got with its pen.
type Link uint8

// The states of the link. Source: PROTOCOL.md §7.1.
const (
	LinkListening Link = iota // nothing is written until a pen that listens made itself known
	LinkGreeting              // hello sent, no welcome yet
	LinkUp                    // welcome and identity are here
)

// String gives the state as metrics and people's logs hold it.
func (l Link) String() string { return [...]string{"listening", "greeting", "up"}[l] }

// Host is the agent's end of the link: it listens, greets the pen, maps its
// clock, sets ceilings, renews permits while allowed and revokes. It decides
// nothing about depth. Bytes and the time go in; frames and notices come out:
//
//	for len(b) > 0 {
//		b = h.Receive(b, now)
//		for h.Notice(&n) { … }
//	}
//	h.Advance(now)
//	for h.Notice(&n) { … }
//	for h.Output(&out) { … }
//
// It allocates nothing on the way of a reading.
type Host struct {
	cfg  HostConfig
	rng  *rand.ChaCha8
	dec  Decoder
	link Link

	id        Identity
	idRaw     [MaxPayload]byte // the payload that id was parsed from
	idLen     int
	idFresh   bool    // heard since the hello
	known     bool    // heard since the port was opened, and the pen listens: it may be greeted
	strangeAt Instant // since when frames are heard, but nobody who may be greeted
	strange   bool
	nonce     uint64
	previous  uint64
	boot      uint32
	rate      uint16
	welcomed  bool
	told      bool    // NoticeUp was told, and its end not yet
	helloAt   Instant // last sent
	firstAt   Instant // of this nonce: a welcome may answer the first, however late
	firstSeq  uint16  // of the session's frames
	hellos    int     // since listening
	quietTill Instant // no hello before

	baud      uint32  // the line was set to by a welcome; 0: as the port was opened
	baudAt    Instant // when, while no sound frame was heard since
	baudTried bool    // nothing was heard after a change: not asked again

	clock      ClockMap
	heardAt    Instant // newest sound frame
	spokeAt    Instant // a frame was last made
	spokeSeq   uint16  // the newest then
	overslept  bool    // spokeAt was so long ago that the pen may have no host any more
	seen       Tick    // of the newest reading
	haveSeen   bool
	newest     Reading
	newestAt   Instant // madeAt of its tick, worked out when the reading came and after each exchange
	received   uint32  // frames heard of this boot and session
	sentBase   uint32
	lostBefore uint32
	lateSince  Instant
	late       bool
	event      uint32 // id of the newest event acknowledged
	dups       [16]seen
	sync       struct {
		token uint32
		at    Instant
		count int
		open  bool
	}

	permit permits

	mute  bool // follows a recorded host and says nothing: [Follower]
	seq   uint16
	out   [16]Outgoing
	outN  int
	note  [8]Notice
	noteN int
	noteI int
	stats HostStats
	f     Frame
	tmp   [32]byte
}

type seen struct {
	typ Type
	seq uint16
	crc uint32
}

// NewHost returns a host that listens. seed is where its nonces come from: 32
// random bytes in life, any in a test.
func NewHost(cfg HostConfig, seed [32]byte) *Host {
	if cfg.Rate == 0 {
		cfg.Rate = 200
	}
	if cfg.Life <= 0 {
		cfg.Life = DefaultLife
	}
	cfg.Life = min(cfg.Life, MaxLife)
	if cfg.Renew <= 0 {
		cfg.Renew = DefaultRenew
	}
	h := &Host{cfg: cfg, rng: rand.NewChaCha8(seed)}
	h.permit.nextGen = h.firstGeneration()
	return h
}

// Link returns how far the host has got.
func (h *Host) Link() Link { return h.link }

// Identity returns what the pen said about itself; meaningful while the link is up.
func (h *Host) Identity() *Identity { return &h.id }

// Clock returns the map of the pen's clock. The caller only reads it.
func (h *Host) Clock() *ClockMap { return &h.clock }

// Age bounds from above how old at now the telemetry of tick t is. A pen that
// never listens answers no question: how much of its delay is always there
// stays unknown, and counts as none.
func (h *Host) Age(t Tick, now Instant) time.Duration { return max(now.Sub(h.madeAt(t)), 0) }

// madeAt is the earliest at which the telemetry of tick t can have been made.
func (h *Host) madeAt(t Tick) Instant {
	if h.id.Caps.Has(CapTalksOnly) {
		return h.clock.at(t)
	}
	at, early := h.clock.When(t)
	return at.Add(-early)
}

// NewestAge is [Host.Age] of the newest reading, and reports whether there is one
// in this session.
func (h *Host) NewestAge(now Instant) (time.Duration, bool) {
	return max(now.Sub(h.newestAt), 0), h.haveSeen
}

// Newest returns the newest reading and whether there is one in this session.
func (h *Host) Newest() (*Reading, bool) { return &h.newest, h.haveSeen }

// Rate returns the agreed readings per second.
func (h *Host) Rate() uint16 { return h.rate }

// Stats returns the counts so far.
func (h *Host) Stats() HostStats {
	s := h.stats
	s.Decoder = h.dec.Stats()
	return s
}

// Notice stores the next notice in n and reports whether there was one.
func (h *Host) Notice(n *Notice) bool {
	if h.noteI == h.noteN {
		h.noteI, h.noteN = 0, 0
		return false
	}
	*n = h.note[h.noteI]
	h.noteI++
	return true
}

// Output stores the next frame to send in o and reports whether there was one.
func (h *Host) Output(o *Outgoing) bool { return !h.mute && h.next(o) }

func (h *Host) next(o *Outgoing) bool {
	if h.outN == 0 {
		return false
	}
	first := 0
	for i := range h.outN { // a revoke overtakes what waits
		if h.out[i].Lane == LaneRevoke {
			first = i
			break
		}
	}
	*o = h.out[first]
	h.takeBack(first)
	return true
}

// takeBack removes the frame at i from the outbox.
func (h *Host) takeBack(i int) {
	copy(h.out[i:], h.out[i+1:h.outN])
	h.outN--
}

// purge takes back what waits on the lanes that gone reports.
func (h *Host) purge(gone func(Lane) bool) {
	for i := h.outN - 1; i >= 0; i-- {
		if gone(h.out[i].Lane) {
			h.takeBack(i)
		}
	}
}

// PortLost tells the host that the line went: everything about the pen's
// session is forgotten, and it listens again.
func (h *Host) PortLost(now Instant) {
	h.dec = Decoder{stats: h.dec.stats}
	h.baud, h.baudAt = 0, 0 // a port begins anew
	h.known, h.strange = false, false
	h.lose(now)
}

// Receive takes bytes off the front of b, up to and including the next frame
// that has something to tell, and returns the rest. Call it, and drain Notice,
// until nothing is left.
func (h *Host) Receive(b []byte, now Instant) []byte {
	h.wake(now)
	for {
		rest, ok := h.dec.Next(b, &h.f)
		if !ok {
			return nil
		}
		b = rest
		h.frame(&h.f, now)
		if h.noteN > h.noteI {
			return b
		}
	}
}

// Advance runs the timers. Call it when what has arrived is read.
func (h *Host) Advance(now Instant) {
	h.wake(now)
	if h.overslept {
		// What arrived meanwhile was judged; nothing confirmed counts any more,
		// even if a late hello of ours has won the pen back since.
		h.over(NoticeLost, now)
		h.greet(now)
	}
	h.advance(now)
	if h.seq != h.spokeSeq {
		h.spokeSeq, h.spokeAt = h.seq, now
	}
}

// wake notes that this host slept longer than the pen waits.
func (h *Host) wake(now Instant) {
	h.overslept = h.overslept || h.link == LinkUp && !h.id.Caps.Has(CapTalksOnly) && now.Sub(h.spokeAt) > penPatience
}

func (h *Host) advance(now Instant) {
	switch h.link {
	case LinkListening:
		if now.Sub(h.heardAt) > 3*hostSilence {
			h.known = false // whoever comes next may be another
		}
	case LinkGreeting:
		if now >= h.quietTill && now.Sub(h.helloAt) >= helloRepeat {
			if h.hellos > 0 && h.hellos%helloTries == 0 {
				h.notice(Notice{Kind: NoticeNoAnswer, At: now})
				h.quietTill = now.Add(helloPause)
				h.hellos++
				return
			}
			h.sendHello(now)
		}
		if now.Sub(h.heardAt) > 3*hostSilence || h.baudFailed(now) {
			h.lose(now)
		}
	case LinkUp:
		if now.Sub(h.heardAt) > hostSilence || h.baudFailed(now) {
			h.lose(now)
			return
		}
		if h.id.Caps.Has(CapTalksOnly) {
			return // it never listens
		}
		every := syncSlow
		if h.sync.count < syncFastCount {
			every = syncFast
		}
		if now.Sub(h.sync.at) >= every {
			h.sync.token++
			h.sync.at, h.sync.open = now, true
			h.sync.count++
			m := Sync{h.session(), h.sync.token}
			h.send(LaneControl, TypeSync, m.Append(h.scratch()))
		}
		h.advancePermit(now)
	}
}

// baudFailed reports that nothing sound was heard since the line changed its
// speed. Source: PROTOCOL.md §5.8.
func (h *Host) baudFailed(now Instant) bool {
	return h.baudAt != 0 && now.Sub(h.baudAt) > baudTimeout
}

// Rehello opens a new session with the pen it has, with a fresh clock map: after
// a jump of a clock, or to take a new run of generations.
func (h *Host) Rehello(now Instant) {
	if h.link != LinkUp && h.link != LinkGreeting {
		return
	}
	h.greet(now)
}

// greet begins a session: a nonce of its own, everything of the last one gone.
func (h *Host) greet(now Instant) {
	if h.nonce != 0 {
		h.previous = h.nonce
	}
	h.nonce = 0
	for h.nonce == 0 {
		h.nonce = h.rng.Uint64()
	}
	h.link, h.welcomed, h.idFresh = LinkGreeting, false, false
	h.clock.Reset()
	h.haveSeen, h.late, h.overslept = false, false, false
	h.hellos, h.quietTill, h.firstAt, h.firstSeq = 0, now, now, h.seq+1
	h.purge(func(l Lane) bool { return l != LaneRevoke }) // of the session before
	h.sync.count, h.sync.open = 0, false
	h.dups = [16]seen{}
	h.permit.reset(h.firstGeneration())
	h.sendHello(now)
}

// firstGeneration draws where a session's generations begin, so that telemetry
// of another session is not taken for this one's.
func (h *Host) firstGeneration() uint16 { return uint16(h.rng.Uint64()%0x7fff) + 1 }

func (h *Host) sendHello(now Instant) {
	h.hellos++
	h.helloAt = now
	h.stats.Hellos++
	m := Hello{Nonce: h.nonce, Boot: h.boot, Previous: h.previous, MinVersion: Version, MaxVersion: Version,
		Generation: h.permit.first, Rate: h.cfg.Rate}
	if !h.baudTried {
		m.Baud = h.cfg.Baud
	}
	h.send(LaneControl, TypeHello, m.Append(h.scratch()))
}

// lose goes back to listening.
func (h *Host) lose(now Instant) {
	if h.baud != 0 { // the pen is back at its boot's speed, or will be
		h.baudTried = h.baudTried || h.baudAt != 0
		h.baud, h.baudAt = 0, 0
		h.notice(Notice{Kind: NoticeBaud, At: now, Baud: BootBaud})
	}
	h.link, h.welcomed, h.haveSeen, h.boot = LinkListening, false, false, 0
	h.clock.Reset()
	h.permit.reset(h.firstGeneration())
	h.outN = 0
	h.over(NoticeLost, now)
}

// over tells the end of a session that was told to be up, once.
func (h *Host) over(k NoticeKind, now Instant) {
	if h.told {
		h.told = false
		h.notice(Notice{Kind: k, At: now})
	}
}

// up tells that the pen's session is open.
func (h *Host) up(now Instant) {
	h.link, h.told, h.overslept, h.spokeAt = LinkUp, true, false, now
	h.event = 0 // another pen may have the same boot: who records them knows them apart
	h.notice(Notice{Kind: NoticeUp, At: now})
}

func (h *Host) session() Session { return Session{h.nonce, h.boot} }

// notice queues n. The queue holds more than one frame or one Advance can cause.
func (h *Host) notice(n Notice) {
	if h.noteN < len(h.note) {
		h.note[h.noteN] = n
		h.noteN++
	}
}

// send frames a payload into the outbox. Of permits and of revokes only the
// newest waits; in a full outbox a revoke takes the place of the oldest frame.
func (h *Host) send(lane Lane, typ Type, payload []byte) {
	if lane != LaneControl {
		h.purge(func(l Lane) bool { return l == lane })
	}
	if h.outN == len(h.out) {
		h.stats.Dropped++
		if lane != LaneRevoke {
			return
		}
		h.takeBack(0)
	}
	o := &h.out[h.outN]
	h.seq++
	o.Lane = lane
	o.n = len(AppendFrame(o.buf[:0], typ, h.seq, payload))
	h.outN++
}
