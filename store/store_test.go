package store_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"penlog/protocol"
	"penlog/session"
	"penlog/store"
)

// newID makes a session id; n keeps them apart.
func newID(n int) session.ID {
	var id session.ID
	binary.BigEndian.PutUint32(id[:], uint32(n)+1)
	id[6], id[8] = 0x70, 0x80
	return id
}

// day is the wall clock of the tests.
const day = protocol.At(1_780_000_000_000_000)

// history makes sealed records and chunks of one session.
type history struct {
	id              session.ID
	records, signal session.Chain
}

func newHistory(n int) *history {
	id := newID(n)
	return &history{id: id, records: session.Chain{Session: id}, signal: session.Chain{Session: id}}
}

func (h *history) opening() *store.Opening { return &store.Opening{ID: h.id, At: day} }

// record seals the next record.
func (h *history) record(kind string) session.Record {
	r := session.Record{
		At:   day + protocol.At(h.records.Seq),
		Mono: protocol.Instant(h.records.Seq) * 1000,
		Kind: kind,
		Body: fmt.Appendf(nil, `{"zone":"cheek","side":"left","depth_um":%d}`, 500+h.records.Seq),
	}
	h.records.Seal(&r)
	return r
}

// chunk seals the next chunk of n samples of 43 bytes.
func (h *history) chunk(n int) *session.SignalChunk {
	c := session.SignalChunk{From: day, To: day + 1_000_000, Count: uint32(n), Lost: 1, Body: make([]byte, 43*n)}
	for i := range c.Body {
		c.Body[i] = byte(rand.Uint32())
	}
	h.signal.SealChunk(&c)
	return &c
}

// first is the batch that makes the session known.
func (h *history) first() store.Batch {
	return store.Batch{Open: h.opening(), Records: []session.Record{h.record("opened")}}
}

func (h *history) next(kind string) store.Batch {
	return store.Batch{Records: []session.Record{h.record(kind)}}
}

// open opens a store that is checked and closed at the end of the test.
func open(t testing.TB, dir string, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); checkFile(t, filepath.Join(dir, store.FileName)) })
	return s
}

// checkFile has SQLite check the file's structure and references.
func checkFile(t testing.TB, path string) {
	t.Helper()
	db := store.OpenRaw(path, "mode=ro")
	defer db.Close()
	var got string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&got); err != nil || got != "ok" {
		t.Errorf("integrity_check of %s = %q, %v", path, got, err)
	}
	rows, err := db.Query("PRAGMA foreign_key_check")
	if err != nil {
		t.Errorf("foreign_key_check: %v", err)
		return
	}
	defer rows.Close()
	if rows.Next() {
		t.Errorf("foreign_key_check of %s found a row without its session", path)
	}
}

// desk is a store with its writer running; news comes over channels.
type desk struct {
	*store.Store
	w      *store.Writer
	done   chan store.Committed
	faults chan store.Fault
	ended  chan error
	stop   context.CancelFunc
}

// start opens dir and runs its writer. Whoever expects faults must read them.
func start(t testing.TB, dir string, so store.Options, wo store.WriterOptions) *desk {
	t.Helper()
	return run(t, open(t, dir, so), wo)
}

func run(t testing.TB, s *store.Store, wo store.WriterOptions) *desk {
	t.Helper()
	d := &desk{Store: s, done: make(chan store.Committed, 4096), faults: make(chan store.Fault, 4096), ended: make(chan error, 1)}
	wo.OnCommit = func(c store.Committed) { d.done <- c }
	wo.OnFault = func(f store.Fault) {
		select {
		case d.faults <- f:
		default:
		}
	}
	w, err := s.Writer(wo)
	if err != nil {
		t.Fatal(err)
	}
	d.w = w
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() { defer close(over); d.ended <- w.Run(ctx) }()
	d.stop = func() { cancel(); <-over }
	t.Cleanup(d.stop)
	return d
}

// put submits b and waits until it is on the disk.
func (d *desk) put(t testing.TB, b store.Batch) store.Committed {
	t.Helper()
	if err := d.w.Submit(b); err != nil {
		t.Fatal(err)
	}
	return d.committed(t)
}

// committed waits for the next acknowledgement.
func (d *desk) committed(t testing.TB) store.Committed {
	t.Helper()
	select {
	case c := <-d.done:
		return c
	case err := <-d.ended:
		d.ended <- err // for whoever asks next
		select {
		case c := <-d.done: // acknowledged before the end
			return c
		default:
		}
		t.Fatalf("the writer ended: %v", err)
		panic("unreachable")
	}
}

// end waits for the writer's end, and for nothing to be acknowledged before it.
func (d *desk) end(t testing.TB) error {
	t.Helper()
	select {
	case err := <-d.ended:
		return err
	case c := <-d.done:
		t.Fatalf("the writer goes on, and acknowledged %+v", c)
		panic("unreachable")
	}
}

// fault waits for the next fault, and for nothing to be acknowledged before it.
func (d *desk) fault(t testing.TB) store.Fault {
	t.Helper()
	select {
	case f := <-d.faults:
		return f
	case c := <-d.done:
		t.Fatalf("no fault: acknowledged %+v", c)
		panic("unreachable")
	}
}

func TestWhatIsCommittedReadsBackTheSame(t *testing.T) {
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	var records []session.Record
	var chunks []*session.SignalChunk
	b := h.first()
	b.Open.Simulated = true
	records = append(records, b.Records...)
	d.put(t, b)
	for range 40 {
		b := store.Batch{Records: []session.Record{h.record("glide"), h.record("pass")}, Chunk: h.chunk(20)}
		records, chunks = append(records, b.Records...), append(chunks, b.Chunk)
		c := d.put(t, b)
		if c.Tries != 1 || c.Waited < c.Took || c.Took <= 0 || c.Batch.Chunk != b.Chunk {
			t.Fatalf("Committed = %+v", c)
		}
	}
	got, err := d.Records(t.Context(), h.id)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(records) {
		t.Fatalf("%d records, want %d", len(got), len(records))
	}
	for i := range got {
		if fmt.Sprint(got[i]) != fmt.Sprint(records[i]) {
			t.Errorf("record %d = %v, want %v", i, got[i], records[i])
		}
	}
	n := 0
	for c, err := range d.Chunks(t.Context(), h.id) {
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(c) != fmt.Sprint(*chunks[n]) {
			t.Errorf("chunk %d differs", n)
		}
		n++
	}
	if n != len(chunks) {
		t.Errorf("%d chunks, want %d", n, len(chunks))
	}
	rec, sig, err := d.Heads(t.Context(), h.id)
	if err != nil || rec != h.records || sig != h.signal {
		t.Errorf("Heads = %v, %v, %v; want %v, %v", rec, sig, err, h.records, h.signal)
	}
	in, err := d.Session(t.Context(), h.id)
	if err != nil || !in.Simulated || in.OpenedAt != day || in.Records != 81 || in.LastKind != "pass" || in.Chunks != 40 || in.SignalFrom != day || in.SignalTo != day+1_000_000 {
		t.Errorf("Session = %+v, %v", in, err)
	}
	v, err := d.VerifyAll(t.Context())
	if err != nil || v.Sessions != 1 || v.Records != 81 || v.Chunks != 40 || v.Heads[0] != (store.Heads{Records: h.records, Signal: h.signal}) {
		t.Errorf("VerifyAll = %+v, %v", v, err)
	}
}

func TestFolderAndFilesAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	d := start(t, dir, store.Options{}, store.WriterOptions{})
	d.put(t, newHistory(0).first())
	for name, want := range map[string]os.FileMode{"": 0o700, "penlog.db": 0o600, "penlog.db-wal": 0o600, "penlog.db-shm": 0o600, "penlog.lock": 0o600, "ballast": 0o600} {
		fi, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := fi.Mode().Perm(); got != want {
			t.Errorf("%q has mode %v, want %v", name, got, want)
		}
	}
}
