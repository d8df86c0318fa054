package simpen

import (
	"bytes"

	"penlog/protocol"
)

// puppet says what a recorded pen said, so that the host at hand takes it for an
// answer: of the frames it changes what belongs to the recorded host's session, the
// nonce and the generations, and answers the questions for the time itself.
//
// It knows no clock: the caller says when things happen.
type puppet struct {
	verbatim bool

	held []byte           // the beginning of a run whose end has not come
	dec  protocol.Decoder // of one run at a time
	f    protocol.Frame
	ours protocol.Decoder // of the host at hand

	recorded, live party
	id             []byte // the newest identity, framed
	seq            uint16
	tick           protocol.Tick // of the newest frame said that has one
	tickAt         int64         // µs, when
	boot           uint32
	sent           uint32 // frames said beyond the recorded ones, modulo 2³²
	talks          bool   // the pen never listens: nobody greets it
	dropped        int    // frames that answered the recorded host alone
	out            []byte // for the line
}

// party is what one of the two hosts said.
type party struct {
	nonce   uint64
	first   uint16
	newest  uint16 // generation
	greeted bool
	rate    uint16
	kinds   map[protocol.Type]int
	asked   []uint16 // ceilings in µm, one for each generation
	revoked int      // generations that were revokes
}

func newPuppet(verbatim bool) *puppet {
	return &puppet{verbatim: verbatim, recorded: party{kinds: map[protocol.Type]int{}}, live: party{kinds: map[protocol.Type]int{}}}
}

// take notes a frame of a host's, and reports whether it opens a session.
func (p *party) take(f *protocol.Frame) (hello bool) {
	p.kinds[f.Type]++
	decided := func(g uint16) bool {
		if !p.greeted || g == p.newest {
			return false
		}
		p.newest = g
		return true
	}
	switch f.Type {
	case protocol.TypeHello:
		var m protocol.Hello
		if m.Parse(f.Payload) == nil && (!p.greeted || m.Nonce != p.nonce) {
			p.nonce, p.first, p.newest, p.greeted, p.rate = m.Nonce, m.Generation, m.Generation, true, m.Rate
			return true
		}
	case protocol.TypeCeiling:
		var m protocol.Ceiling
		if m.Parse(f.Payload) == nil && decided(m.Generation) {
			p.asked = append(p.asked, m.Depth)
		}
	case protocol.TypeRevoke:
		var m protocol.Revoke
		if m.Parse(f.Payload) == nil && decided(m.Generation) {
			p.revoked++
		}
	}
	return false
}

// host takes bytes of the host at hand at now, in µs, and says what answers them. It
// reports whether a session was asked for.
func (p *puppet) host(b []byte, now int64) (hello bool) {
	for ok := true; ok; {
		var f protocol.Frame
		if b, ok = p.ours.Next(b, &f); !ok {
			break
		}
		if p.live.take(&f) {
			hello = true
		}
		var m protocol.Sync
		if f.Type == protocol.TypeSync && !p.verbatim && m.Parse(f.Payload) == nil && m.Nonce == p.live.nonce {
			t := p.tick + protocol.Tick(now-p.tickAt)
			r := protocol.SyncReply{Token: m.Token, Received: t, Sent: t}
			p.say(protocol.TypeSyncReply, r.Append(nil))
			p.sent++
		}
	}
	return hello
}

// say puts a frame on the line.
func (p *puppet) say(t protocol.Type, payload []byte) {
	p.seq++
	p.out = protocol.AppendFrame(p.out, t, p.seq, payload)
}

// read plays what the recorded host read, at now.
func (p *puppet) read(b []byte, now int64) {
	if p.verbatim {
		p.out = append(p.out, b...)
		return
	}
	for {
		i := bytes.IndexByte(b, 0)
		if i < 0 {
			break
		}
		p.held = append(p.held, b[:i+1]...)
		b = b[i+1:]
		p.run(now)
		p.held = p.held[:0]
	}
	if p.held = append(p.held, b...); len(p.held) > protocol.MaxFrame {
		p.out = append(p.out, p.held...) // no frame is so long
		p.held = p.held[:0]
	}
}

// run plays the run in held, its delimiter included.
func (p *puppet) run(now int64) {
	if _, ok := p.dec.Next(p.held, &p.f); !ok {
		p.out = append(p.out, p.held...) // noise, as it was
		return
	}
	f := &p.f
	switch f.Type {
	case protocol.TypeIdentity:
		var m protocol.Identity
		if m.Parse(f.Payload) == nil {
			p.boot, p.talks = m.Boot, m.Caps.Has(protocol.CapTalksOnly)
		}
		p.id = bytes.Clone(f.Payload)
	case protocol.TypeWelcome:
		var m protocol.Welcome
		if m.Parse(f.Payload) == nil {
			p.at(m.Tick, now)
			p.welcome(m)
			return
		}
	case protocol.TypeReading:
		var m protocol.Reading
		if m.Parse(f.Payload) == nil {
			p.at(m.Tick, now)
			m.Sent += p.sent
			m.Generation = p.generation(m.Generation)
			p.say(f.Type, m.Append(nil))
			return
		}
	case protocol.TypeStatus:
		var m protocol.Status
		if m.Parse(f.Payload) == nil {
			p.at(m.Tick, now)
			m.Sent += p.sent
			p.say(f.Type, m.Append(nil))
			return
		}
	case protocol.TypeSyncReply, protocol.TypeRefusal, protocol.TypeBusy: // to the recorded host's frames
		p.dropped++
		p.sent--
		return
	}
	p.say(f.Type, f.Payload)
}

func (p *puppet) at(t protocol.Tick, now int64) { p.tick, p.tickAt = t, now }

// welcome answers the host at hand, if it has asked.
func (p *puppet) welcome(m protocol.Welcome) {
	if !p.live.greeted {
		p.dropped++
		p.sent--
		return
	}
	m.Nonce, m.Generation, m.Baud = p.live.nonce, p.live.first, 0
	p.say(protocol.TypeWelcome, m.Append(nil))
}

// welcomeNow answers a host that opens a session where the capture has none.
func (p *puppet) welcomeNow(now int64) {
	rate := p.recorded.rate
	if p.live.rate != 0 {
		rate = p.live.rate
	}
	p.welcome(protocol.Welcome{Boot: p.boot, Tick: p.tick + protocol.Tick(now-p.tickAt), Rate: rate})
	p.sent++
}

// announce says who is there, as a pen without a host does.
func (p *puppet) announce() {
	if p.id != nil {
		p.say(protocol.TypeIdentity, p.id)
		p.sent++
	}
}

// generation is what the pen shows for one that it showed the recorded host: as far
// behind the session's first, but none that the host at hand has not sent.
func (p *puppet) generation(g uint16) uint16 {
	if !p.recorded.greeted || !p.live.greeted {
		return g
	}
	mapped := g - p.recorded.first + p.live.first
	if int16(mapped-p.live.newest) > 0 {
		return p.live.newest
	}
	return mapped
}

// take gives what is to go on the line.
func (p *puppet) take() []byte {
	b := p.out
	p.out = p.out[:0]
	return b
}
