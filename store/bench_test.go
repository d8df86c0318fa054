package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"penlog/store"
)

// One event through the writer, from Submit to the acknowledgement, against a
// bare insert of the same bytes in a FULL commit on the same driver: both in
// turn, each in its own file.
func BenchmarkEventCommit(b *testing.B) {
	d := start(b, b.TempDir(), store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	d.put(b, h.first())
	path := filepath.Join(b.TempDir(), "bare.db")
	bare := store.OpenRaw(path, "mode=rwc&_journal_mode=WAL&_synchronous=FULL")
	defer bare.Close()
	bare.SetMaxOpenConns(1)
	if _, err := bare.Exec("CREATE TABLE event (n INTEGER PRIMARY KEY, body BLOB)"); err != nil {
		b.Fatal(err)
	}
	insert, err := bare.Prepare("INSERT INTO event (body) VALUES (?)")
	if err != nil {
		b.Fatal(err)
	}
	defer insert.Close()
	var ours, theirs []time.Duration
	for b.Loop() {
		batch := h.next("pass")
		begun := time.Now()
		d.put(b, batch)
		middle := time.Now()
		if _, err := insert.Exec(batch.Records[0].Body); err != nil {
			b.Fatal(err)
		}
		ours, theirs = append(ours, middle.Sub(begun)), append(theirs, time.Since(middle))
	}
	report(b, ours, "event")
	report(b, theirs, "bare")
	b.ReportMetric(float64(at(ours, 50))/float64(at(theirs, 50)), "ratio-p50")
	b.ReportMetric(float64(at(ours, 99))/float64(at(theirs, 99)), "ratio-p99")
}

// The signal of one second.
func BenchmarkSignalCommit(b *testing.B) {
	for _, n := range []int{200, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := start(b, b.TempDir(), store.Options{}, store.WriterOptions{})
			h := newHistory(0)
			d.put(b, h.first())
			var took []time.Duration
			for b.Loop() {
				b.StopTimer()
				batch := store.Batch{Chunk: h.chunk(n)}
				b.StartTimer()
				begun := time.Now()
				d.put(b, batch)
				took = append(took, time.Since(begun))
			}
			report(b, took, "second")
		})
	}
}

// What a start after a crash reads: a journal of 600 events, checked.
func BenchmarkFoldRead600(b *testing.B) {
	d := start(b, b.TempDir(), store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	batch := h.first()
	for len(batch.Records) < 600 {
		batch.Records = append(batch.Records, h.record("pass"))
	}
	d.put(b, batch)
	b.ReportAllocs()
	for b.Loop() {
		if got, err := d.Records(b.Context(), h.id); err != nil || len(got) != 600 {
			b.Fatal(len(got), err)
		}
	}
}

// The look for unfinished sessions at start, in a room with years of them.
func BenchmarkUnfinishedOf5000(b *testing.B) {
	d := start(b, b.TempDir(), store.Options{}, store.WriterOptions{})
	for i := range 5000 {
		h := newHistory(i)
		batch := h.first()
		for range 20 {
			batch.Records = append(batch.Records, h.record("pass"))
		}
		batch.Records = append(batch.Records, h.record("finished"), h.record("signed"), h.record("signed"))
		if err := d.w.Submit(batch); err != nil {
			b.Fatal(err)
		}
		if i >= 100 {
			d.committed(b)
		}
	}
	for b.Loop() {
		if got, err := d.Unfinished(b.Context(), "finished", "aborted", "interrupted"); err != nil || len(got) != 0 {
			b.Fatal(len(got), err)
		}
	}
}

// Opening a folder that has been used, as an agent's start does.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		s, err := store.Open(b.Context(), dir, store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

func at(d []time.Duration, percent int) time.Duration {
	s := slices.Sorted(slices.Values(d))
	return s[(len(s)-1)*percent/100]
}

func report(b *testing.B, d []time.Duration, name string) {
	b.ReportMetric(float64(at(d, 50))/1e6, name+"-p50-ms")
	b.ReportMetric(float64(at(d, 99))/1e6, name+"-p99-ms")
}
