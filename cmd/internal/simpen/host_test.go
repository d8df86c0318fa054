package simpen_test

import (
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"penlog/protocol"
)

// host is the least of a host: it greets, sets a ceiling, renews permits from
// each reading, and revokes at the first over-limit one.
type host struct {
	mu      sync.Mutex // guards the fields below; each is set before or between waits
	silent  bool       // renews no permit
	obeys   bool       // revokes at an over-limit reading
	ceiling uint16
	long    bool // permits of the longest life

	line     io.ReadWriteCloser
	notes    chan any // Identity, Welcome, Reading (the first with a permit)
	finished chan struct{}
}

type permitted struct{}

func dial(t *testing.T, line io.ReadWriteCloser, ceiling uint16) *host {
	h := &host{line: line, notes: make(chan any, 1000), finished: make(chan struct{}), ceiling: ceiling, obeys: true}
	go h.run()
	t.Cleanup(h.close)
	return h
}

func (h *host) close() {
	h.line.Close()
	<-h.finished
}

// life is the permits', ms. A test that must not see one die of a busy machine
// takes the longest.
func (h *host) life() uint16 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.long {
		return protocol.MaxLifeMS
	}
	return 300
}

func (h *host) note(v any) {
	select {
	case h.notes <- v:
	default:
	}
}

func (h *host) run() {
	defer close(h.finished)
	var (
		dec     protocol.Decoder
		f       protocol.Frame
		seq     uint16
		gen     uint16 = 1
		session        = protocol.Session{Nonce: uint64(time.Now().UnixNano())}
		greeted bool
		held    bool
		revoked bool
		newest  time.Time
		buf     [4096]byte
	)
	send := func(typ protocol.Type, payload []byte) {
		seq++
		_, _ = h.line.Write(protocol.AppendFrame(nil, typ, seq, payload))
	}
	for {
		n, err := h.line.Read(buf[:])
		if err != nil {
			return
		}
		b := buf[:n]
		for ok := true; ok; {
			if b, ok = dec.Next(b, &f); !ok {
				break
			}
			switch f.Type {
			case protocol.TypeIdentity:
				var m protocol.Identity
				if m.Parse(f.Payload) != nil {
					continue
				}
				h.note(m)
				if session.Boot != m.Boot || !greeted {
					session.Boot, greeted = m.Boot, true
					hello := protocol.Hello{Nonce: session.Nonce, Boot: m.Boot, MinVersion: 1, MaxVersion: 1, Generation: gen, Rate: 200}
					send(protocol.TypeHello, hello.Append(nil))
				}
			case protocol.TypeWelcome:
				var m protocol.Welcome
				if m.Parse(f.Payload) == nil {
					h.note(m)
				}
			case protocol.TypeReading:
				var m protocol.Reading
				if m.Parse(f.Payload) != nil {
					continue
				}
				h.mu.Lock()
				silent, obeys, ceiling := h.silent, h.obeys, h.ceiling
				h.mu.Unlock()
				switch {
				case revoked || silent:
				case obeys && m.MotorOn() && m.Ceiling != 0 && m.Set > m.Ceiling:
					gen++
					r := protocol.Revoke{Session: session, Generation: gen}
					send(protocol.TypeRevoke, r.Append(nil))
					revoked = true
				case m.Ceiling != ceiling:
					if m.Generation >= gen {
						gen++
					}
					c := protocol.Ceiling{Session: session, Generation: gen, Depth: ceiling}
					send(protocol.TypeCeiling, c.Append(nil))
				case time.Since(newest) > 50*time.Millisecond:
					newest = time.Now()
					p := protocol.Permit{Session: session, Generation: m.Generation, Depth: ceiling, SeenTick: m.Tick, LifeMS: h.life()}
					send(protocol.TypePermit, p.Append(nil))
				}
				if m.Flags.Has(protocol.FlagPermit) && !held {
					held = true
					h.note(permitted{})
				}
			}
		}
	}
}

// hear waits for a note of the type.
func hear[T any](t *testing.T, h *host) T {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case n := <-h.notes:
			if v, ok := n.(T); ok {
				return v
			}
		case <-timeout:
			var zero T
			t.Fatalf("did not hear a %T", zero)
		}
	}
}

func (h *host) set(change func(*host)) {
	h.mu.Lock()
	change(h)
	h.mu.Unlock()
}

// awaitEnd fails unless the host's line breaks by itself.
func (h *host) awaitEnd(t *testing.T) {
	t.Helper()
	select {
	case <-h.finished:
	case <-time.After(patience):
		t.Fatal("the line did not break")
	}
}

var errEOF = errors.New("the line has ended")
