package store_test

import (
	"errors"
	"testing"

	"penlog/protocol"
	"penlog/session"
	"penlog/store"
)

func TestListIsNewestFirstInPages(t *testing.T) {
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{})
	const n = 25
	for i := range n {
		h := newHistory(i)
		b := h.first()
		b.Open.At = day - protocol.At(i) // the wall clock went backwards: the order of opening counts
		d.put(t, b)
	}
	var got []store.Info
	var at store.Cursor
	for {
		page, err := d.Sessions(t.Context(), at, 10)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page...)
		if len(page) < 10 {
			break
		}
		at = page[len(page)-1].Cursor
	}
	if len(got) != n {
		t.Fatalf("%d sessions, want %d", len(got), n)
	}
	for i, in := range got {
		if in.ID != newID(n-1-i) {
			t.Errorf("place %d holds %v", i, in.ID)
		}
	}
	if _, err := d.Session(t.Context(), newID(99)); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("unknown session: %v", err)
	}
	if _, err := d.Records(t.Context(), newID(99)); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("records of an unknown session: %v", err)
	}
	if _, _, err := d.Heads(t.Context(), newID(99)); !errors.Is(err, store.ErrNoSession) {
		t.Errorf("heads of an unknown session: %v", err)
	}
}

func TestUnfinishedSessionsAreFound(t *testing.T) {
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{})
	for i, kinds := range [][]string{
		{"paused"},
		{"finished"},
		{"aborted", "signed", "corrected"}, // what follows the end does not open it again
		{},
		{"tripped", "acknowledged"},
	} {
		h := newHistory(i)
		b := h.first()
		for _, k := range kinds {
			b.Records = append(b.Records, h.record(k))
		}
		d.put(t, b)
	}
	d.put(t, store.Batch{Open: newHistory(5).opening()}) // not even a first record
	got, err := d.Unfinished(t.Context(), "finished", "aborted", "interrupted")
	if err != nil {
		t.Fatal(err)
	}
	var ids []session.ID
	for _, in := range got {
		ids = append(ids, in.ID)
	}
	want := []session.ID{newID(0), newID(3), newID(4), newID(5)}
	if len(ids) != len(want) {
		t.Fatalf("Unfinished = %v, want %v", ids, want)
	}
	for i := range want {
		if ids[i] != want[i] {
			t.Errorf("Unfinished = %v, want %v", ids, want)
		}
	}
	if got, err := d.Unfinished(t.Context()); err != nil || len(got) != 6 {
		t.Errorf("without closing kinds: %d, %v", len(got), err)
	}
}

func TestResumingFromTheHeads(t *testing.T) {
	dir := t.TempDir()
	d := start(t, dir, store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	d.put(t, h.first())
	d.put(t, store.Batch{Chunk: h.chunk(3)})
	d.stop()
	d.Close()
	d = start(t, dir, store.Options{}, store.WriterOptions{})
	again := &history{id: h.id}
	var err error
	if again.records, again.signal, err = d.Heads(t.Context(), h.id); err != nil {
		t.Fatal(err)
	}
	d.put(t, store.Batch{Records: []session.Record{again.record("resumed")}, Chunk: again.chunk(2)})
	if v, err := d.Verify(t.Context(), h.id); err != nil || v.Records != 2 || v.Chunks != 2 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	n := 0
	for r, err := range d.RecordsAfter(t.Context(), h.records) {
		if err != nil || r.Kind != "resumed" {
			t.Errorf("RecordsAfter: %v, %v", r, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d records behind the old head, want 1", n)
	}
}

func TestReadingBeginsWhileWritingGoesOn(t *testing.T) {
	dir := t.TempDir()
	d := start(t, dir, store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	d.put(t, h.first())
	r, err := store.OpenReader(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 30 { // more than one page of chunks
		d.put(t, store.Batch{Chunk: h.chunk(2)})
	}
	n := 0
	for _, err := range r.Chunks(t.Context(), h.id) {
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 { // written while the iterator is held
			d.put(t, store.Batch{Chunk: h.chunk(2)})
		}
		n++
	}
	if n != 31 {
		t.Errorf("%d chunks, want 31", n)
	}
	n = 0
	for range r.Chunks(t.Context(), h.id) {
		if n++; n == 3 {
			break
		}
	}
}
