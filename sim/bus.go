package sim

import (
	"encoding/binary"
	"slices"

	"penlog/protocol"
)

// bus is what else is on the line than host and pen: a box that repeats, a
// second host, a second pen, another device. Nothing of it costs anything until
// it is there.
type bus struct {
	next  protocol.Instant // when the first of them next does something
	there [busFaults]bool
	any   bool
	rng   rng
	seq   uint16

	heard  protocol.Decoder // of what the host sends, for the boxes
	recent []byte           // the newest of it, for one that listens
	echoes []repeat         // frames to be repeated, oldest first
	head   int              // of those not yet repeated
	hello  protocol.Instant // the second host's next
	nonce  uint64           // of the second host
	keeps  protocol.Instant // the next word of the host that keeps the pen
	kept   uint64           // its nonce
	talk   protocol.Instant // the other device's next line
	pen    *Pen             // the second one
	asked  []byte
	out    []byte
}

// busFaults is how many kinds are of the bus: they come last.
const busFaults = faultKinds - FaultEcho

// repeat is a frame that a box will send again.
type repeat struct {
	at    protocol.Instant
	frame [protocol.MaxFrame]byte
	n     int
}

// maxRepeats bounds what the boxes hold; later frames are not repeated.
const maxRepeats = 4096

func newBus(seed uint64) bus {
	return bus{next: Never, hello: Never, keeps: Never, talk: Never, rng: stream(seed, forBus)}
}

// forget drops what the boxes hold.
func (b *bus) forget() { b.echoes, b.head = b.echoes[:0], 0 }

// holds is how many frames are still to be repeated.
func (b *bus) holds() int { return len(b.echoes) - b.head }

func (r *Rig) is(k FaultKind) bool { return r.bus.there[k-FaultEcho] }

// join puts something on the line.
func (r *Rig) join(k FaultKind) {
	b := &r.bus
	b.there[k-FaultEcho] = true
	switch k {
	case FaultSecondHost:
		b.hello = r.now
		if b.nonce == 0 {
			b.nonce = b.rng.next() | 1
		}
	case FaultOtherHost:
		b.keeps = r.now
	case FaultForeignTalk:
		b.talk = r.now
	case FaultSecondPen:
		if b.pen == nil {
			c := r.cfg.Pen
			c.Seed, c.Serial, c.Origin, c.Uptime = c.Seed+777_000, "", r.now, 0
			if c.Seed%1_000_000 == r.cfg.Pen.Seed%1_000_000 {
				c.Seed++
			}
			b.pen, _ = NewPen(c) // of a configuration that made one before
			r.both()
		}
	}
	r.arrange()
}

// leave takes it off.
func (r *Rig) leave(k FaultKind) {
	b := &r.bus
	b.there[k-FaultEcho] = false
	switch k {
	case FaultSecondHost:
		b.hello = Never
	case FaultOtherHost:
		b.keeps = Never
	case FaultForeignTalk:
		b.talk = Never
	case FaultSecondPen:
		b.pen = nil
	case FaultReplayPermits, FaultReplayFrames:
		if !r.is(FaultReplayPermits) && !r.is(FaultReplayFrames) {
			b.forget()
		}
	}
	r.arrange()
}

// arrange finds out when something is next due.
func (r *Rig) arrange() {
	b := &r.bus
	if b.any = slices.Contains(b.there[:], true); !b.any {
		b.heard = protocol.Decoder{}
	}
	b.next = min(b.hello, b.keeps, b.talk)
	if b.holds() > 0 {
		b.next = min(b.next, b.echoes[b.head].at)
	}
	if b.pen != nil {
		b.next = min(b.next, b.pen.Next())
	}
}

// sniff hears what the host writes.
func (r *Rig) sniff(p []byte) {
	b := &r.bus
	if len(b.recent) > 1024 {
		b.recent = b.recent[:copy(b.recent, b.recent[512:])]
	}
	b.recent = append(b.recent, p[max(0, len(p)-1024):]...)
	if !b.any {
		return
	}
	var f protocol.Frame
	for ok := true; ok; {
		if p, ok = b.heard.Next(p, &f); !ok {
			break
		}
		if r.is(FaultEcho) {
			b.out = protocol.AppendFrame(b.out[:0], f.Type, f.Seq, f.Payload)
			r.up.Write(b.out, r.now)
		}
		if f.Type == protocol.TypePermit && r.is(FaultReplayPermits) {
			r.record(&f, r.size(FaultReplayPermits, Up))
		}
		if r.is(FaultReplayFrames) {
			r.record(&f, r.size(FaultReplayFrames, Up))
		}
	}
}

// nonceHeard is the nonce of the newest frame of the host's that still sounds in
// the ear; 0: none does.
func (b *bus) nonceHeard() (nonce uint64) {
	var d protocol.Decoder
	var f protocol.Frame
	p := b.recent
	for ok := true; ok; {
		if p, ok = d.Next(p, &f); ok && f.Type >= protocol.TypeHello && len(f.Payload) >= 8 {
			nonce = binary.LittleEndian.Uint64(f.Payload) // each of them begins with it (PROTOCOL.md §3.9, §3.10)
		}
	}
	return nonce
}

// record lets a box repeat a frame so many ms later.
func (r *Rig) record(f *protocol.Frame, later int64) {
	b := &r.bus
	if b.holds() >= maxRepeats {
		return
	}
	if b.head > maxRepeats { // those are gone
		b.echoes, b.head = b.echoes[:copy(b.echoes, b.echoes[b.head:])], 0
	}
	e := repeat{at: r.now.Add(ms(later))}
	e.n = len(protocol.AppendFrame(e.frame[:0], f.Type, f.Seq, f.Payload))
	i := len(b.echoes)
	for i > b.head && b.echoes[i-1].at > e.at {
		i--
	}
	b.echoes = slices.Insert(b.echoes, i, e)
	r.arrange()
}

// meddle does what is due on the bus.
func (r *Rig) meddle() {
	b := &r.bus
	for b.holds() > 0 && b.echoes[b.head].at <= r.now {
		e := &b.echoes[b.head]
		b.head++
		r.send(e.frame[:e.n])
	}
	if b.holds() == 0 {
		b.forget()
	}
	if b.hello <= r.now {
		b.hello = r.now.Add(ms(r.size(FaultSecondHost, Up)))
		r.greet(0)
	}
	if b.keeps <= r.now {
		b.keeps = r.now.Add(ms(r.size(FaultOtherHost, Up)))
		r.keep()
	}
	if b.talk <= r.now {
		b.talk = r.now.Add(ms(r.size(FaultForeignTalk, Up)))
		r.up.Write(foreign, r.now)
	}
	if b.pen != nil && b.pen.Next() <= r.now {
		b.pen.Step(r.now)
		r.both()
	}
	r.arrange()
}

// greet lets the second host say hello, as the successor of a session if it
// knows one.
func (r *Rig) greet(previous uint64) {
	b := &r.bus
	if b.nonce == 0 {
		b.nonce = b.rng.next() | 1
	}
	r.says(&protocol.Hello{Nonce: b.nonce, Previous: previous, MinVersion: protocol.Version, MaxVersion: protocol.Version, Generation: 1, Rate: 20})
}

// says puts a hello on the line.
func (r *Rig) says(m *protocol.Hello) {
	b := &r.bus
	b.seq++
	b.asked = m.Append(b.asked[:0])
	b.out = protocol.AppendFrame(b.out[:0], protocol.TypeHello, b.seq, b.asked)
	r.send(b.out)
}

// keptGeneration is that of the host which keeps the pen: it sets no ceiling.
const keptGeneration = 0x7ffe

// keep lets a host greet the pen when it is free, and show it a sign of life while it
// is its own, as it knows by the answers. A pen that another has it leaves alone.
func (r *Rig) keep() {
	b, link := &r.bus, r.pen.link
	switch {
	case link == nil:
	case !link.Hosted():
		b.kept = b.rng.next() | 1
		r.says(&protocol.Hello{Nonce: b.kept, MinVersion: protocol.Version, MaxVersion: protocol.Version, Generation: keptGeneration, Rate: 20})
	case link.Generation() == keptGeneration && b.kept != 0:
		m := protocol.Sync{Session: protocol.Session{Nonce: b.kept, Boot: link.Identity().Boot}}
		b.seq++
		b.asked = m.Append(b.asked[:0])
		b.out = protocol.AppendFrame(b.out[:0], protocol.TypeSync, b.seq, b.asked)
		r.send(b.out)
	}
}

// takeOver lets a second host take the session from the one there is.
func (r *Rig) takeOver() {
	r.greet(r.bus.nonceHeard())
}

// overhear gives a second pen what the pen is given.
func (r *Rig) overhear(p []byte) {
	if b := &r.bus; b.pen != nil {
		b.pen.Receive(p, r.now)
		r.both()
		r.arrange()
	}
}

// both puts what the second pen has sent on the line.
func (r *Rig) both() {
	b := &r.bus
	b.out = b.pen.AppendOutput(b.out[:0])
	r.up.Write(b.out, r.now)
}
