package protocol_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"penlog/protocol"
)

// model is the law of §6 in the fewest words: what a guarded pen may do, kept
// apart from how Pen does it. Times are µs since boot.
type model struct {
	now        protocol.Uptime
	nonce      uint64
	heard      protocol.Uptime
	generation uint16
	ceiling    uint16
	deadline   protocol.Uptime // 0: no permit
	motor      bool
	resting    bool // needles not yet clear
	released   bool
	fault      bool
}

func (m *model) still() {
	m.resting = m.resting || m.motor
	m.motor = false
}

func (m *model) end() {
	m.deadline = 0
	if !m.released {
		m.still()
	}
}

func (m *model) tick(now protocol.Uptime) {
	m.now = now
	if m.deadline != 0 && now >= m.deadline {
		m.end()
	}
	if m.nonce != 0 && now >= m.heard+sec {
		m.nonce, m.generation, m.ceiling = 0, 0, 0
		m.end()
	}
}

func (m *model) mine(s protocol.Session) bool {
	if m.nonce == 0 || s.Nonce != m.nonce || s.Boot != boot {
		return false
	}
	m.heard = m.now
	return true
}

func (m *model) take(msg message) {
	switch x := msg.(type) {
	case *protocol.Hello:
		switch {
		case x.Nonce == 0 || x.Generation == 0 || x.Boot != 0 && x.Boot != boot:
		case x.Nonce == m.nonce:
			m.heard = m.now
		case m.nonce == 0 || x.Previous == m.nonce:
			m.nonce, m.heard, m.generation, m.ceiling = x.Nonce, m.now, x.Generation, 0
			m.end()
			m.still()
		}
	case *protocol.Ceiling:
		if m.mine(x.Session) && x.Depth != 0 && x.Generation > m.generation {
			m.generation, m.ceiling = x.Generation, x.Depth
			m.end()
			m.still()
		}
	case *protocol.Revoke:
		if m.mine(x.Session) {
			if x.Generation < m.generation {
				return
			}
			m.generation, m.ceiling = x.Generation, 0
		}
		m.end()
		m.still()
	case *protocol.Permit:
		if !m.mine(x.Session) || m.released || m.fault || x.LifeMS == 0 || x.LifeMS > 500 ||
			m.ceiling == 0 || x.Generation != m.generation || x.Depth != m.ceiling {
			return
		}
		age := int64(int32(uint32(m.now) - uint32(x.SeenTick)))
		end := int64(m.now) - age + int64(x.LifeMS)*1000
		if age >= 0 && age <= int64(m.now) && end > int64(m.now) {
			m.deadline = max(m.deadline, protocol.Uptime(end))
		}
	case *protocol.Sync:
		m.mine(x.Session)
	}
}

// The pen and the model see the same frames, presses, faults and times; after
// each they must agree, and the motor must never turn without a permit.
func TestPenObeysAsTheModelDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := guardedID()
		p, err := protocol.NewPen(protocol.PenConfig{Identity: id})
		if err != nil {
			t.Fatal(err)
		}
		// Some runs begin just before the tick wraps.
		m := model{now: rapid.SampledFrom([]protocol.Uptime{0, 1<<32 - 400*ms, 3<<32 - 1}).Draw(t, "begin")}
		p.Advance(m.now)
		seq := uint16(0)
		var old [][]byte // frames that may come again, late
		var said []message
		nonces := rapid.SampledFrom([]uint64{0, 1, 2, 3})
		boots := rapid.SampledFrom([]uint32{boot, boot, boot, boot, 0, 1})
		near := func(g uint16, what string) uint16 {
			return uint16(int(g) + rapid.SampledFrom([]int{0, 0, 0, 0, 1, 1, 1, 2, -1}).Draw(t, what))
		}
		send := func(x message) {
			seq++
			wire := protocol.AppendFrame(nil, typeOf(x), seq, x.Append(nil))
			p.Receive(wire, m.now)
			m.take(x)
			old, said = append(old, wire), append(said, x)
		}
		ses := func() protocol.Session {
			n := m.nonce
			if rapid.IntRange(0, 9).Draw(t, "stranger") == 0 {
				n = nonces.Draw(t, "nonce")
			}
			return protocol.Session{Nonce: n, Boot: boots.Draw(t, "boot")}
		}
		depths := rapid.SampledFrom([]uint16{0, 500, 1000, 1000, 1000})
		t.Repeat(map[string]func(*rapid.T){
			"hello": func(*rapid.T) {
				send(&protocol.Hello{Nonce: nonces.Draw(t, "nonce"), Boot: boots.Draw(t, "boot"), Previous: nonces.Draw(t, "previous"),
					MinVersion: 1, MaxVersion: 1, Generation: rapid.Uint16Range(0, 3).Draw(t, "generation"), Rate: 100})
			},
			"ceiling": func(*rapid.T) {
				send(&protocol.Ceiling{Session: ses(), Generation: near(m.generation, "generation"), Depth: depths.Draw(t, "depth")})
			},
			"permit": func(*rapid.T) {
				x := protocol.Permit{Session: ses(), Generation: near(m.generation, "generation"), Depth: m.ceiling,
					SeenTick: m.now.Tick(), LifeMS: rapid.SampledFrom([]uint16{300, 300, 1, 500, 501, 0}).Draw(t, "life")}
				x.SeenTick -= protocol.Tick(rapid.SampledFrom([]int{0, 1000, 299_999, 300_000, 499_999, -1, 1 << 31}).Draw(t, "age"))
				if rapid.IntRange(0, 9).Draw(t, "other depth") == 0 {
					x.Depth = depths.Draw(t, "depth")
				}
				send(&x)
			},
			"revoke": func(*rapid.T) {
				send(&protocol.Revoke{Session: ses(), Generation: near(m.generation, "generation")})
			},
			"sync": func(*rapid.T) { send(&protocol.Sync{Session: ses()}) },
			"late": func(*rapid.T) { // any frame of before comes again, if not as the last of its type
				if len(old) == 0 {
					return
				}
				i := rapid.IntRange(0, len(old)-1).Draw(t, "which")
				for j := len(old) - 1; j >= 0; j-- {
					if typeOf(said[j]) == typeOf(said[i]) {
						if bytes.Equal(old[j], old[i]) {
							return // the decoder of duplicates drops it; another test shows that
						}
						break
					}
				}
				p.Receive(old[i], m.now)
				m.take(said[i])
				old, said = append(old, old[i]), append(said, said[i])
			},
			"press": func(*rapid.T) {
				on := m.motor || m.resting
				may := !on && !m.fault && (m.released || m.deadline != 0)
				if got := p.Press(m.now) == protocol.StartRan; got != may {
					t.Fatalf("Press() started: %v, want %v", got, may)
				}
				if on {
					m.still()
				} else {
					m.motor = may
				}
			},
			"clear":   func(*rapid.T) { p.Cleared(m.now); m.resting = false },
			"release": func(*rapid.T) { gesture(t, &m, p.Release(m.now), true) },
			"guard":   func(*rapid.T) { gesture(t, &m, p.Guard(m.now), false) },
			"fault": func(*rapid.T) {
				m.fault = rapid.Bool().Draw(t, "fault")
				s := protocol.Sensors{}
				if m.fault {
					s.Faults = protocol.FaultMotor
					m.end()
					m.still()
				}
				p.Sense(m.now, s)
			},
			"time": func(*rapid.T) {
				d := rapid.SampledFrom([]protocol.Uptime{1, 999, 50 * ms, 100 * ms, 299_999, 300 * ms, 999_999, sec, 40 * sec}).Draw(t, "d")
				m.tick(m.now + d)
				p.Advance(m.now)
			},
			"": func(*rapid.T) {
				p.AppendOutput(nil)
				if p.MotorOn() && p.PermitLeft() == 0 && !p.Released() {
					t.Fatal("the motor turns without a permit")
				}
				left := protocol.Uptime(p.PermitLeft().Microseconds())
				wantLeft := protocol.Uptime(0)
				if m.deadline != 0 {
					wantLeft = m.deadline - m.now
				}
				if p.MotorOn() != m.motor || left != wantLeft || p.Generation() != m.generation || uint16(p.Ceiling()) != m.ceiling ||
					p.Hosted() != (m.nonce != 0) || p.Released() != m.released {
					t.Fatalf("motor %v, permit %d µs, generation %d, ceiling %d, hosted %v, released %v; the model: %+v",
						p.MotorOn(), left, p.Generation(), p.Ceiling(), p.Hosted(), p.Released(), m)
				}
				if left > 500*ms {
					t.Fatalf("a permit of %d µs", left)
				}
				if next := p.Next(); next <= m.now || m.deadline != 0 && next > m.deadline {
					t.Fatalf("Next() = %d at %d, deadline %d", next, m.now, m.deadline)
				}
			},
		})
	})
}

// gesture checks and follows Release (to true) and Guard (to false).
func gesture(t *rapid.T, m *model, did, to bool) {
	may := m.released != to && !m.motor && !m.resting
	if did != may {
		t.Fatalf("the gesture to released = %v was taken: %v, want %v", to, did, may)
	}
	if may {
		m.deadline = 0
		m.released = to
	}
}
