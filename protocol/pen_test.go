package protocol_test

import (
	"errors"
	"strings"
	"testing"

	"penlog/protocol"
)

const (
	ms    = protocol.Uptime(1000)
	sec   = 1000 * ms
	nonce = 0x0123456789abcdef
	boot  = 0x0b007a11
)

// heard is one message of the pen and when it was sent.
type heard struct {
	at  protocol.Uptime
	typ protocol.Type
	seq uint16
	m   message
}

// rig is a pen on a bench: it speaks to the pen as a host does and keeps what the pen says.
type rig struct {
	t   testing.TB
	p   *protocol.Pen
	now protocol.Uptime
	seq uint16
	dec protocol.Decoder
	log []heard

	acked uint32 // the newest event acknowledged by ackAll
}

func newRig(t testing.TB, change ...func(*protocol.PenConfig)) *rig {
	t.Helper()
	cfg := protocol.PenConfig{Identity: guardedID()}
	for _, f := range change {
		f(&cfg)
	}
	p, err := protocol.NewPen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{t: t, p: p}
}

func caps(c protocol.Caps) func(*protocol.PenConfig) {
	return func(cfg *protocol.PenConfig) { cfg.Identity.Caps = c }
}

const (
	stoppable = protocol.CapStop | protocol.CapSet | protocol.CapMeasured | protocol.CapAnnounces
	listening = protocol.CapSet | protocol.CapMeasured
	talksOnly = protocol.CapTalksOnly | protocol.CapSet
)

// collect takes the pen's output and returns what is new.
func (r *rig) collect() []heard {
	r.t.Helper()
	begin := len(r.log)
	for _, f := range decodeAll(&r.dec, r.p.AppendOutput(nil)) {
		m := newMessage(f.Type)
		if m == nil {
			r.t.Fatalf("the pen sent type %v", f.Type)
		}
		if err := m.Parse(f.Payload); err != nil {
			r.t.Fatalf("the pen sent a %v: %v", f.Type, err)
		}
		r.log = append(r.log, heard{r.now, f.Type, f.Seq, m})
	}
	if d := r.dec.Stats().Damaged(); d != 0 {
		r.t.Fatalf("the pen sent %d damaged frames", d)
	}
	return r.log[begin:]
}

// wire frames m under the next sequence.
func (r *rig) wire(m message) []byte {
	r.seq++
	return protocol.AppendFrame(nil, typeOf(m), r.seq, m.Append(nil))
}

func typeOf(m message) protocol.Type {
	switch m.(type) {
	case *protocol.Hello:
		return protocol.TypeHello
	case *protocol.Ceiling:
		return protocol.TypeCeiling
	case *protocol.Permit:
		return protocol.TypePermit
	case *protocol.Revoke:
		return protocol.TypeRevoke
	case *protocol.EventAck:
		return protocol.TypeEventAck
	case *protocol.Rate:
		return protocol.TypeRate
	case *protocol.Sync:
		return protocol.TypeSync
	case *protocol.Locate:
		return protocol.TypeLocate
	case *protocol.Signal:
		return protocol.TypeSignal
	}
	panic("no host message")
}

// send gives the pen a host's message now and returns its answer.
func (r *rig) send(m message) []heard {
	r.t.Helper()
	return r.bytes(r.wire(m))
}

func (r *rig) bytes(b []byte) []heard {
	r.t.Helper()
	r.p.Receive(b, r.now)
	return r.collect()
}

// run advances the pen as its Next asks, up to and including the time given.
func (r *rig) run(to protocol.Uptime) []heard {
	r.t.Helper()
	begin := len(r.log)
	for {
		next := r.p.Next()
		if next <= r.now && r.now != 0 {
			r.t.Fatalf("Next() = %d at %d: the caller would spin", next, r.now)
		}
		if next > to {
			break
		}
		r.now = next
		r.p.Advance(r.now)
		r.collect()
		if r.now == 0 {
			r.now = 1
			r.p.Advance(r.now)
		}
	}
	r.now = max(r.now, to)
	r.p.Advance(r.now)
	r.collect()
	return r.log[begin:]
}

// jump moves the time at once, without the calls between that Next asks for.
func (r *rig) jump(to protocol.Uptime) { r.now = to }

var session = protocol.Session{Nonce: nonce, Boot: boot}

func hello() *protocol.Hello {
	return &protocol.Hello{Nonce: nonce, Boot: boot, MinVersion: 1, MaxVersion: 1, Generation: 17, Rate: 100}
}

func (r *rig) hello() {
	r.t.Helper()
	r.send(hello())
	if !r.p.Hosted() || r.p.Generation() != 17 {
		r.t.Fatalf("the pen did not take a plain hello: %v", r.log)
	}
}

func (r *rig) ceiling(gen, depth uint16) []heard {
	r.t.Helper()
	return r.send(&protocol.Ceiling{Session: session, Generation: gen, Depth: depth})
}

// permit grants life from age ago, under the generation and ceiling in force.
func (r *rig) permit(life uint16, age protocol.Uptime) []heard {
	r.t.Helper()
	return r.send(&protocol.Permit{Session: session, Generation: r.p.Generation(), Depth: uint16(r.p.Ceiling()),
		SeenTick: (r.now - age).Tick(), LifeMS: life})
}

func (r *rig) revoke(gen uint16) []heard {
	r.t.Helper()
	return r.send(&protocol.Revoke{Session: session, Generation: gen})
}

func (r *rig) sync() []heard {
	r.t.Helper()
	return r.send(&protocol.Sync{Session: session, Token: 1})
}

// ready brings a pen to a confirmed ceiling of 1000 µm under generation 18, at 1 s.
func ready(t testing.TB, change ...func(*protocol.PenConfig)) *rig {
	t.Helper()
	r := newRig(t, change...)
	r.run(sec)
	r.hello()
	r.ceiling(18, 1000)
	if r.p.Ceiling() != 1000 || r.p.Generation() != 18 {
		t.Fatalf("the pen did not take a plain ceiling: %v", r.log)
	}
	return r
}

// running brings a pen to a motor that turns under a permit until 1300 ms.
func running(t testing.TB, change ...func(*protocol.PenConfig)) *rig {
	t.Helper()
	r := ready(t, change...)
	r.permit(300, 0)
	if got := r.p.Press(r.now); got != protocol.StartRan || !r.p.MotorOn() {
		t.Fatalf("Press() = %d under a permit", got)
	}
	r.collect()
	return r
}

// ackAll acknowledges events as they come, until none does, without time passing.
func (r *rig) ackAll() {
	r.t.Helper()
	r.collect()
	for {
		evs := r.events()
		if len(evs) == 0 || evs[len(evs)-1].ID == r.acked {
			return
		}
		r.acked = evs[len(evs)-1].ID
		r.send(&protocol.EventAck{Session: session, ID: r.acked})
	}
}

// events are those the pen has sent, each once.
func (r *rig) events() []*protocol.PenEvent {
	var out []*protocol.PenEvent
	for _, e := range pick[protocol.PenEvent](r.log) {
		if len(out) == 0 || e.ID > out[len(out)-1].ID {
			out = append(out, e)
		}
	}
	return out
}

func pick[M any](hs []heard) []*M {
	var out []*M
	for _, h := range hs {
		if m, ok := h.m.(any).(*M); ok {
			out = append(out, m)
		}
	}
	return out
}

// one is the only message of its kind among hs.
func one[M any](t testing.TB, hs []heard) *M {
	t.Helper()
	ms := pick[M](hs)
	if len(ms) != 1 {
		t.Fatalf("%d messages %T, want 1, in %v", len(ms), *new(M), names(hs))
	}
	return ms[0]
}

func names(hs []heard) string {
	var b strings.Builder
	for _, h := range hs {
		b.WriteString(h.typ.String() + " ")
	}
	return strings.TrimSpace(b.String())
}

func wantRefusal(t testing.TB, hs []heard, of protocol.Type, why protocol.Reason) {
	t.Helper()
	if got := one[protocol.Refusal](t, hs); got.Of != of || got.Reason != why {
		t.Errorf("refused %v: %v, want %v: %v", got.Of, got.Reason, of, why)
	}
}

func wantNoRefusal(t testing.TB, hs []heard) {
	t.Helper()
	for _, m := range pick[protocol.Refusal](hs) {
		t.Errorf("refused %v: %v", m.Of, m.Reason)
	}
}

func TestNewPenNamesTheWrongField(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*protocol.PenConfig)
		want   string
	}{
		{"boot", func(c *protocol.PenConfig) { c.Identity.Boot = 0 }, "boot id"},
		{"version", func(c *protocol.PenConfig) { c.Identity.MinVersion, c.Identity.MaxVersion = 2, 3 }, "version"},
		{"line", func(c *protocol.PenConfig) { c.LineBytes = -1 }, "LineBytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := protocol.PenConfig{Identity: guardedID()}
			tt.change(&cfg)
			_, err := protocol.NewPen(cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("NewPen() = %v, want one about %s", err, tt.want)
			}
			if tt.name != "line" && !errors.Is(err, protocol.ErrValue) {
				t.Errorf("NewPen() = %v, want it to wrap ErrValue", err)
			}
		})
	}
}

// §5.1
func TestPenWithoutAHostAnnouncesItselfOnceASecondAndNothingElse(t *testing.T) {
	r := newRig(t)
	for i, h := range r.run(5 * sec) {
		if h.typ != protocol.TypeIdentity || h.at != protocol.Uptime(i)*sec || h.seq != uint16(i+1) {
			t.Errorf("frame %d is %v, seq %d, at %d µs", i, h.typ, h.seq, h.at)
		}
		if *h.m.(*protocol.Identity) != guardedID() {
			t.Errorf("Identity reads %+v", h.m)
		}
	}
	if len(r.log) != 6 {
		t.Errorf("%d frames in 5 s, want 6", len(r.log))
	}
	r.p.Press(r.now)
	r.p.Sense(r.now, protocol.Sensors{Faults: 1})
	if hs := r.run(r.now + sec - 1); len(hs) != 0 {
		t.Errorf("a press and a fault without a host sent %v", names(hs))
	}
}

func TestPenAfterALongGapAnnouncesItselfOnce(t *testing.T) {
	r := newRig(t)
	r.run(sec)
	r.jump(100*sec + 5)
	r.p.Advance(r.now)
	if hs := r.collect(); names(hs) != "identity" {
		t.Errorf("after 99 s without a call the pen sent %v", names(hs))
	}
	if got := r.p.Next(); got != 101*sec+5 {
		t.Errorf("Next() = %d", got)
	}
}

// §5.2
func TestHelloIsAnsweredInOrderAndTelemetryBegins(t *testing.T) {
	r := newRig(t)
	r.run(sec + 7)
	hs := r.send(hello())
	if got := names(hs); got != "welcome identity reading status" {
		t.Fatalf("a hello was answered with %v", got)
	}
	w := one[protocol.Welcome](t, hs)
	want := protocol.Welcome{Nonce: nonce, Boot: boot, Tick: (sec + 7).Tick(), Generation: 17, Rate: 100}
	if *w != want {
		t.Errorf("Welcome = %+v, want %+v", *w, want)
	}
	m := one[protocol.Reading](t, hs)
	if m.Generation != 17 || m.Ceiling != 0 || m.PermitMS != 0 || m.Flags.Has(protocol.FlagPermit) {
		t.Errorf("the first reading shows %+v", m)
	}
	hs = r.run(r.now + 100*ms)
	if n := len(pick[protocol.Reading](hs)); n != 10 {
		t.Errorf("%d readings in 100 ms at 100/s", n)
	}
	if n := len(pick[protocol.Identity](hs)); n != 0 {
		t.Errorf("%d identities while there is a host", n)
	}
}

func TestHelloRefusals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*protocol.Hello)
		want   protocol.Reason
	}{
		{"versions above", func(m *protocol.Hello) { m.MinVersion, m.MaxVersion = 2, 3 }, protocol.RefusedVersion},
		{"versions below", func(m *protocol.Hello) { m.MinVersion, m.MaxVersion = 0, 0 }, protocol.RefusedVersion},
		{"another boot", func(m *protocol.Hello) { m.Boot++ }, protocol.RefusedBoot},
		{"nonce 0", func(m *protocol.Hello) { m.Nonce = 0 }, protocol.RefusedNonce},
		{"generation 0", func(m *protocol.Hello) { m.Generation = 0 }, protocol.RefusedRange},
		{"version before boot", func(m *protocol.Hello) { m.MinVersion, m.MaxVersion, m.Boot = 2, 3, 1 }, protocol.RefusedVersion},
		{"boot before nonce", func(m *protocol.Hello) { m.Nonce, m.Boot = 0, 1 }, protocol.RefusedBoot},
		{"nonce before generation", func(m *protocol.Hello) { m.Nonce, m.Generation = 0, 0 }, protocol.RefusedNonce},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.run(10)
			m := hello()
			tt.change(m)
			wantRefusal(t, r.send(m), protocol.TypeHello, tt.want)
			if r.p.Hosted() {
				t.Error("the pen has a host")
			}
			r.hello()
			wantRefusal(t, r.send(m), protocol.TypeHello, tt.want) // nor does it shake the host it has
			if !r.p.Hosted() || r.p.Generation() != 17 {
				t.Error("a refused hello changed the session")
			}
		})
	}
	for _, tt := range []struct {
		name   string
		change func(*protocol.Hello)
	}{
		{"boot not heard yet", func(m *protocol.Hello) { m.Boot = 0 }},
		{"more versions than one", func(m *protocol.Hello) { m.MaxVersion = 9 }},
		{"versions from 0", func(m *protocol.Hello) { m.MinVersion = 0 }},
		{"a previous session the pen knows nothing of", func(m *protocol.Hello) { m.Previous = 5 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			m := hello()
			tt.change(m)
			if r.send(m); !r.p.Hosted() {
				t.Error("refused")
			}
		})
	}
}

func TestHelloRepeatedIsAnsweredAgainAndResetsNothing(t *testing.T) {
	r := running(t)
	r.now += 100 * ms
	hs := r.send(hello())
	if got := names(hs); !strings.HasPrefix(got, "welcome identity") {
		t.Errorf("a repeated hello was answered with %v", got)
	}
	if w := one[protocol.Welcome](t, hs); w.Generation != 18 || w.Rate != 100 {
		t.Errorf("Welcome = %+v", w)
	}
	if !r.p.MotorOn() || r.p.PermitLeft() == 0 || r.p.Ceiling() != 1000 || r.p.Generation() != 18 {
		t.Error("a repeated hello changed the session")
	}
}

func TestSameFrameTwiceIsDropped(t *testing.T) {
	r := newRig(t)
	r.run(10)
	wrong := r.wire(&protocol.Sync{Session: session, Token: 1})
	if hs := r.bytes(append(wrong, wrong...)); len(pick[protocol.Refusal](hs)) != 1 {
		t.Errorf("the same bytes twice: %v", names(hs))
	}
	if got := r.p.Stats(); got.Duplicates != 1 || got.Refused != 1 {
		t.Errorf("Stats() = %+v", got)
	}
	wantRefusal(t, r.send(&protocol.Sync{Session: session, Token: 1}), protocol.TypeSync, protocol.RefusedNonce)
	r.seq-- // the same number again, but another frame
	wantRefusal(t, r.send(&protocol.Sync{Session: session, Token: 2}), protocol.TypeSync, protocol.RefusedNonce)
	r.seq-- // the same content, but another type
	other := r.wire(&protocol.Rate{Session: session, Rate: 1})
	wantRefusal(t, r.bytes(other), protocol.TypeRate, protocol.RefusedNonce)
	if hs := r.bytes(other); len(hs) != 0 {
		t.Errorf("a duplicate was answered with %v", names(hs))
	}
}

// §5.3
func TestSecondHostHearsBusyUntilTheFirstIsSilent(t *testing.T) {
	r := newRig(t)
	r.hello()
	second := hello()
	second.Nonce++
	r.run(400 * ms)
	if b := one[protocol.Busy](t, r.send(second)); b.Boot != boot || b.WaitMS != 600 {
		t.Errorf("Busy = %+v, want 600 ms to wait", b)
	}
	r.sync() // the first lives
	r.now++
	if b := one[protocol.Busy](t, r.send(second)); b.WaitMS != 1000 {
		t.Errorf("Busy = %+v, want 1000 ms to wait", b)
	}
	r.run(1400*ms - 1)
	if one[protocol.Busy](t, r.send(second)).WaitMS != 1 {
		t.Error("1 µs before the first host counts as gone, WaitMS is not 1")
	}
	r.now++
	if w := one[protocol.Welcome](t, r.send(second)); w.Nonce != nonce+1 {
		t.Errorf("Welcome = %+v", w)
	}
}

func TestHostThatNamesThePresentSessionComesInAtOnce(t *testing.T) {
	r := running(t)
	next := hello()
	next.Nonce, next.Previous, next.Generation = 99, nonce, 3
	hs := r.send(next)
	if w := one[protocol.Welcome](t, hs); w.Nonce != 99 || w.Generation != 3 {
		t.Errorf("Welcome = %+v", w)
	}
	if r.p.MotorOn() || r.p.StopCause() != protocol.StopHello || r.p.PermitLeft() != 0 || r.p.Ceiling() != 0 || r.p.Generation() != 3 {
		t.Errorf("after a new session: motor %v, cause %d, permit %v, ceiling %v, generation %d",
			r.p.MotorOn(), r.p.StopCause(), r.p.PermitLeft(), r.p.Ceiling(), r.p.Generation())
	}
	wantRefusal(t, r.sync(), protocol.TypeSync, protocol.RefusedNonce) // the old session is over
}

// §5.4, §5.5
func TestFramesOfAnotherSessionOrBootHaveNoEffect(t *testing.T) {
	for _, tt := range []struct {
		name string
		s    protocol.Session
		want protocol.Reason
	}{
		{"nonce", protocol.Session{Nonce: nonce + 1, Boot: boot}, protocol.RefusedNonce},
		{"boot", protocol.Session{Nonce: nonce, Boot: boot + 1}, protocol.RefusedBoot},
		{"both", protocol.Session{Nonce: nonce + 1, Boot: boot + 1}, protocol.RefusedNonce},
		{"nonce 0", protocol.Session{Boot: boot}, protocol.RefusedNonce},
	} {
		for _, m := range []message{
			&protocol.Ceiling{Session: tt.s, Generation: 19, Depth: 500},
			&protocol.Permit{Session: tt.s, Generation: 18, Depth: 1000, SeenTick: 1_000_000, LifeMS: 500},
			&protocol.EventAck{Session: tt.s, ID: 1},
			&protocol.Rate{Session: tt.s, Rate: 500},
			&protocol.Sync{Session: tt.s, Token: 5},
			&protocol.Locate{Session: tt.s, DurationMS: 5},
			&protocol.Signal{Session: tt.s, Cue: protocol.CueTrip},
		} {
			t.Run(tt.name+"/"+typeOf(m).String(), func(t *testing.T) {
				r := running(t)
				hs := r.send(m)
				wantRefusal(t, hs, typeOf(m), tt.want)
				if len(hs) != 1 {
					t.Errorf("answered with %v", names(hs))
				}
				if r.p.Generation() != 18 || r.p.Ceiling() != 1000 || r.p.Rate() != 100 || r.p.Cue() != 0 || r.p.Located() || !r.p.MotorOn() {
					t.Error("it had an effect")
				}
				r.run(1300*ms - 1)
				if !r.p.MotorOn() {
					t.Error("the permit was cut")
				}
				r.run(1300 * ms)
				if r.p.MotorOn() {
					t.Error("the permit was stretched")
				}
				r.run(2*sec - 1)
				if !r.p.Hosted() {
					t.Error("the host was lost before its time")
				}
				if r.run(2 * sec); r.p.Hosted() {
					t.Error("it counted as a sign of life")
				}
			})
		}
	}
}

func TestSilentPenWithoutAHostAnswersWrongNonceToAll(t *testing.T) {
	r := newRig(t)
	r.run(10)
	wantRefusal(t, r.send(&protocol.Sync{}), protocol.TypeSync, protocol.RefusedNonce) // nonce 0 is no session either
	if r.p.Hosted() {
		t.Error("a frame with nonce 0 opened a session")
	}
}

func TestRefusalsAreTwentyASecond(t *testing.T) {
	r := newRig(t)
	n := 0
	for i := range 3000 {
		r.now = protocol.Uptime(i) * ms
		n += len(pick[protocol.Refusal](r.send(&protocol.Sync{Session: session, Token: uint32(i)})))
		if second := i / 1000; n > 20*(second+1) {
			t.Fatalf("%d refusals within %d ms", n, i)
		}
	}
	if n != 60 {
		t.Errorf("%d refusals in 3 s, want 60", n)
	}
	if got := r.p.Stats().Refused; got != 3000 {
		t.Errorf("%d frames counted as refused, want 3000", got)
	}
}

// §5.6
func TestHostIsLostAfterASecondOfSilence(t *testing.T) {
	alive := []struct {
		name string
		m    message
	}{
		{"sync", &protocol.Sync{Session: session}},
		{"a repeated hello", hello()},
		{"a refused permit", &protocol.Permit{Session: session}},
		{"an ack of nothing", &protocol.EventAck{Session: session, ID: 77}},
		{"a late revoke", &protocol.Revoke{Session: session, Generation: 1}},
	}
	for _, tt := range alive {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.hello()
			r.send(&protocol.Signal{Session: session, Cue: protocol.CueReady})
			r.send(&protocol.Locate{Session: session, DurationMS: 60000})
			r.run(900 * ms)
			r.send(tt.m)
			r.run(1900*ms - 1)
			if !r.p.Hosted() || r.p.Cue() != protocol.CueReady || !r.p.Located() {
				t.Fatal("lost a host that spoke 999.999 ms ago")
			}
			hs := r.run(1900 * ms)
			if r.p.Hosted() || names(hs) != "identity" {
				t.Errorf("after 1000 ms: hosted %v, sent %q", r.p.Hosted(), names(hs))
			}
			if r.p.Generation() != 0 || r.p.Ceiling() != 0 || r.p.Rate() != 0 || r.p.Cue() != 0 || r.p.Located() {
				t.Error("something of the session is left")
			}
			if got := names(r.run(3900 * ms)); got != "identity identity" {
				t.Errorf("without a host it sent %q", got)
			}
		})
	}
	t.Run("found late", func(t *testing.T) {
		r := running(t)
		r.jump(30 * sec)
		r.p.Advance(r.now)
		if names(r.collect()) != "identity" || r.p.MotorOn() || r.p.StopCause() != protocol.StopLapse {
			t.Errorf("after 29 s without a call: %v, motor %v, cause %d", names(r.log[len(r.log)-1:]), r.p.MotorOn(), r.p.StopCause())
		}
	})
	for _, b := range []struct {
		name string
		wire func(r *rig) []byte
	}{
		{"an unknown type", func(r *rig) []byte {
			return protocol.AppendFrame(nil, 0x7f, 1, session.Append(nil))
		}},
		{"a short payload", func(r *rig) []byte {
			return protocol.AppendFrame(nil, protocol.TypePermit, 1, session.Append(nil))
		}},
		{"a busy second host", func(r *rig) []byte {
			m := hello()
			m.Nonce++
			return r.wire(m)
		}},
	} {
		t.Run("no sign of life is "+b.name, func(t *testing.T) {
			r := newRig(t)
			r.hello()
			r.run(500 * ms)
			r.bytes(b.wire(r))
			if r.run(sec); r.p.Hosted() {
				t.Error("the host lives")
			}
		})
	}
}

// §2.5
func TestPenSkipsWhatItDoesNotKnow(t *testing.T) {
	r := newRig(t)
	r.hello()
	for _, typ := range []protocol.Type{0, 1, 3, 0x40, 0x4a, 0xff} {
		if hs := r.bytes(protocol.AppendFrame(nil, typ, 1, make([]byte, 60))); len(hs) != 0 {
			t.Errorf("type %v was answered with %v", typ, names(hs))
		}
	}
	m := protocol.Sync{Session: session, Token: 7}
	if hs := r.bytes(protocol.AppendFrame(nil, protocol.TypeSync, 1, m.Append(nil)[:15])); len(hs) != 0 {
		t.Errorf("a short sync was answered with %v", names(hs))
	}
	frame := protocol.AppendFrame(nil, protocol.TypeSync, 1, m.Append(nil)) // what is skipped is not remembered
	for range 2 {
		r.bytes(frame)
		r.bytes(protocol.AppendFrame(nil, protocol.TypeSync, 1, m.Append(nil)[:15]))
	}
	if got := r.p.Stats(); got.Duplicates != 1 || got.Short != 3 {
		t.Errorf("a frame twice, with short ones between: %d duplicates, %d short", got.Duplicates, got.Short)
	}
	if got := one[protocol.SyncReply](t, r.bytes(protocol.AppendFrame(nil, protocol.TypeSync, 2, append(m.Append(nil), 1, 2)))); got.Token != 7 {
		t.Errorf("a sync with trailing bytes was answered with %+v", got)
	}
	if got := r.p.Stats(); got.Unknown != 6 || got.Short != 3 || got.Trailing != 1 || got.Refused != 0 {
		t.Errorf("Stats() = %+v", got)
	}
}

func TestEveryShortHostPayloadIsSkipped(t *testing.T) {
	for _, s := range samples() {
		if s.typ < protocol.TypeHello {
			continue
		}
		p := s.m.Append(nil)
		r := running(t)
		for n := range p {
			if hs := r.bytes(protocol.AppendFrame(nil, s.typ, uint16(1000+n), p[:n])); len(hs) != 0 || !r.p.MotorOn() {
				t.Fatalf("%v of %d of %d bytes: %v, motor %v", s.typ, n, len(p), names(hs), r.p.MotorOn())
			}
		}
	}
}

// §5.8
func TestBaudChangesAfterTheWelcomeAndFallsBackInSilence(t *testing.T) {
	uart := func(c *protocol.PenConfig) {
		c.Identity.Caps |= protocol.CapUART
		c.Identity.BaudMax = 921600
	}
	ask := func(baud uint32) *protocol.Hello {
		m := hello()
		m.Baud, m.Rate = baud, 1000
		return m
	}
	t.Run("taken", func(t *testing.T) {
		r := newRig(t, uart)
		r.run(sec)
		hs := r.send(ask(921600))
		if names(hs) != "welcome" || one[protocol.Welcome](t, hs).Baud != 921600 || one[protocol.Welcome](t, hs).Rate != 1000 {
			t.Fatalf("answered with %v %+v", names(hs), hs[0].m)
		}
		if r.p.Baud() != 921600 {
			t.Errorf("Baud() = %d after the welcome", r.p.Baud())
		}
		// 36 bytes at 115200 take 3125 µs; 20 ms of quiet follow.
		quiet := sec + 3125 + 20*ms
		if hs := r.run(quiet - 1); len(hs) != 0 {
			t.Errorf("in the quiet time it sent %v", names(hs))
		}
		if got := names(r.run(quiet)); got != "identity reading status" {
			t.Errorf("after the quiet time it sent %v", got)
		}
		r.run(sec + 3125 + 500*ms - 1)
		if r.p.Baud() != 921600 || !r.p.Hosted() {
			t.Error("it fell back before its time")
		}
		r.sync()
		if r.run(r.now + 900*ms); !r.p.Hosted() {
			t.Error("it fell back though it was heard")
		}
		if r.run(r.now + 100*ms); r.p.Baud() != 115200 || r.p.Hosted() {
			t.Error("a lost host leaves the baud")
		}
	})
	t.Run("silence", func(t *testing.T) {
		r := newRig(t, uart)
		r.run(sec)
		r.send(ask(230400))
		r.run(sec + 3125 + 500*ms - 1)
		if r.p.Baud() != 230400 || !r.p.Hosted() {
			t.Fatal("it fell back before its time")
		}
		r.now++
		r.p.Advance(r.now)
		if names(r.collect()) != "identity" || r.p.Baud() != 115200 || r.p.Hosted() {
			t.Error("it did not fall back")
		}
	})
	t.Run("found late", func(t *testing.T) {
		r := newRig(t, uart)
		r.send(ask(230400))
		r.jump(10 * sec)
		wantRefusal(t, r.sync(), protocol.TypeSync, protocol.RefusedNonce)
		if r.p.Baud() != 115200 {
			t.Errorf("Baud() = %d", r.p.Baud())
		}
	})
	for _, tt := range []struct {
		name string
		baud uint32
		cfg  func(*protocol.PenConfig)
	}{
		{"the present one", 115200, uart},
		{"above its greatest", 1_000_000, uart},
		{"below 115200", 57600, uart},
		{"none asked", 0, uart},
		{"no UART", 921600, func(*protocol.PenConfig) {}},
	} {
		t.Run("unchanged: "+tt.name, func(t *testing.T) {
			r := newRig(t, tt.cfg)
			before := r.p.Baud()
			hs := r.send(ask(tt.baud))
			if w := one[protocol.Welcome](t, hs); w.Baud != 0 || r.p.Baud() != before || len(hs) < 4 {
				t.Errorf("Welcome = %+v, baud %d, %v", w, r.p.Baud(), names(hs))
			}
			if r.run(999 * ms); !r.p.Hosted() {
				t.Error("it fell back though nothing changed")
			}
		})
	}
}

// §4.7
func TestTalkOnlyPenSendsUnaskedAndNeverListens(t *testing.T) {
	r := newRig(t, caps(talksOnly), func(c *protocol.PenConfig) { c.Identity.ReadingsMax = 50 })
	r.run(3*sec - 1)
	var idents, readings, states int
	for _, h := range r.log {
		switch h.typ {
		case protocol.TypeIdentity:
			idents++
		case protocol.TypeReading:
			readings++
			if m := h.m.(*protocol.Reading); m.Generation != 0 || m.Ceiling != 0 || m.PermitMS != 0 {
				t.Fatalf("a reading shows %+v", m)
			}
		case protocol.TypeStatus:
			states++
		}
	}
	if idents != 3 || readings != 150 || states != 6 || len(r.log) != 159 {
		t.Errorf("in 3 s: %d identities, %d readings, %d statuses, %d in all", idents, readings, states, len(r.log))
	}
	m := hello()
	if hs := r.send(m); len(pick[protocol.Welcome](hs)) != 0 || r.p.Hosted() || r.p.Stats().Decoder.Frames != 0 {
		t.Error("it listens")
	}
	if got := r.p.Press(r.now); got != protocol.StartRan {
		t.Errorf("Press() = %d", got)
	}
	r.run(r.now + sec)
	if n := len(pick[protocol.PenEvent](r.log)); n != 0 {
		t.Errorf("it sent %d events", n)
	}
	r.send(&protocol.Revoke{})
	if !r.p.MotorOn() {
		t.Error("it stopped at a revoke")
	}
}
