package store_test

import (
	"errors"
	"strings"
	"testing"

	"penlog/session"
	"penlog/store"
)

func TestTheSameBatchAgainIsNoError(t *testing.T) {
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	first := h.first()
	second := store.Batch{Records: []session.Record{h.record("pass"), h.record("pass")}, Chunk: h.chunk(3)}
	for range 3 {
		d.put(t, first)
		d.put(t, second)
	}
	third := h.next("pass")
	d.put(t, store.Batch{Records: append(second.Records[1:2:2], third.Records...)}) // partly stored
	if v, err := d.Verify(t.Context(), h.id); err != nil || v.Records != 4 || v.Chunks != 1 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

func TestWhatDoesNotFollowIsRefusedAndNothingOfItWritten(t *testing.T) {
	type try struct {
		name string
		make func(h *history) store.Batch
		is   error
		seq  uint64
	}
	for _, tt := range []try{
		{"other content at a stored number", func(h *history) store.Batch {
			r := session.Record{Kind: "pass", Body: []byte("{}"), At: day}
			c := session.Chain{Session: h.id}
			c.Seal(&r)
			return store.Batch{Records: []session.Record{r}}
		}, store.ErrConflict, 1},
		{"a gap", func(h *history) store.Batch { h.record("lost"); return h.next("pass") }, store.ErrGap, 4},
		{"another history", func(h *history) store.Batch {
			r := session.Record{Kind: "pass"}
			c := session.Chain{Session: h.id, Seq: 2}
			c.Seal(&r)
			return store.Batch{Records: []session.Record{r}}
		}, store.ErrGap, 3},
		{"number 0", func(h *history) store.Batch {
			r := session.Record{Kind: "pass", Session: h.id}
			r.Hash = r.Sum()
			return store.Batch{Records: []session.Record{r}}
		}, store.ErrGap, 0},
		{"changed after it was sealed", func(h *history) store.Batch {
			b := h.next("pass")
			b.Records[0].Body[2]++
			return b
		}, store.ErrAltered, 3},
		{"a session no one opened", func(*history) store.Batch { return newHistory(9).next("pass") }, store.ErrNoSession, 1},
		{"no kind", func(h *history) store.Batch { return h.next("") }, nil, 3},
		{"second record of a batch", func(h *history) store.Batch {
			ok := h.record("pass")
			h.record("lost")
			return store.Batch{Records: []session.Record{ok, h.record("pass")}}
		}, store.ErrGap, 5},
		{"signal with a gap", func(h *history) store.Batch {
			h.chunk(1)
			return store.Batch{Records: h.next("pass").Records, Chunk: h.chunk(1)}
		}, store.ErrGap, 3},
		{"other signal at a stored number", func(h *history) store.Batch {
			return store.Batch{Records: h.next("pass").Records, Chunk: newHistory(0).chunk(2)}
		}, store.ErrConflict, 1},
		{"signal changed after it was sealed", func(h *history) store.Batch {
			c := h.chunk(2)
			c.Lost = 0
			return store.Batch{Chunk: c}
		}, store.ErrAltered, 2},
		{"a session opened at another time", func(h *history) store.Batch {
			return store.Batch{Open: &store.Opening{ID: h.id, At: day + 1}}
		}, store.ErrConflict, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate()
			defer g.end()
			d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{Stall: g.stall})
			h := newHistory(0)
			if err := d.w.Submit(store.Batch{Open: h.opening(), Records: h.first().Records, Chunk: h.chunk(1)}); err != nil {
				t.Fatal(err)
			}
			<-g.reached
			// In one transaction with good batches before and behind it.
			good, bad := h.next("pass"), tt.make(h)
			for _, b := range []store.Batch{good, bad, newHistory(5).first()} {
				if err := d.w.Submit(b); err != nil {
					t.Fatal(err)
				}
			}
			g.open.Store(true)
			g.pass <- struct{}{}
			d.committed(t)
			if c := d.committed(t); c.Batch.Records[0].Seq != 2 {
				t.Errorf("acknowledged %+v", c.Batch)
			}
			err := d.end(t)
			refused, ok := errors.AsType[*store.RefusedError](err)
			if !ok || refused.Seq != tt.seq || tt.is != nil && !errors.Is(err, tt.is) {
				t.Fatalf("Run = %v, want number %d refused with %v", err, tt.seq, tt.is)
			}
			f, ok := errors.AsType[store.Fault](err)
			if !ok || !f.Fatal || f.Kind != store.Refused || f.Waiting != 2 || !strings.Contains(err.Error(), "restart the agent") {
				t.Errorf("Run = %#v", err)
			}
			if err := d.w.Submit(h.next("pass")); !errors.Is(err, store.ErrStopped) || !errors.Is(err, refused.Err) {
				t.Errorf("Submit after that: %v", err)
			}
			if v, err := d.VerifyAll(t.Context()); err != nil || v.Sessions != 1 || v.Records != 2 || v.Chunks != 1 {
				t.Errorf("stored: %+v, %v", v, err)
			}
		})
	}
}

func TestSimulatedNeverBecomesReal(t *testing.T) {
	dir := t.TempDir()
	d := start(t, dir, store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	d.put(t, h.first())
	is := func(want bool) {
		t.Helper()
		if in, err := d.Session(t.Context(), h.id); err != nil || in.Simulated != want || in.Altered {
			t.Errorf("Session = %+v, %v; want simulated %v", in, err, want)
		}
	}
	is(false)
	d.put(t, store.Batch{Open: &store.Opening{ID: h.id, At: day, Simulated: true}})
	is(true)
	d.put(t, store.Batch{Open: &store.Opening{ID: h.id, At: day, Simulated: false}})
	is(true)
	if _, err := d.Verify(t.Context(), h.id); err != nil {
		t.Error(err)
	}
}
