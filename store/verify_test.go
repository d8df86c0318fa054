package store_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"penlog/session"
	"penlog/store"
)

// contents reads everything, or fails.
func contents(t *testing.T, r *store.Reader, id session.ID) (records []session.Record, chunks []session.SignalChunk, err error) {
	t.Helper()
	if _, err = r.VerifyAll(t.Context()); err != nil {
		return nil, nil, err
	}
	if records, err = r.Records(t.Context(), id); err != nil {
		return nil, nil, err
	}
	for c, err := range r.Chunks(t.Context(), id) {
		if err != nil {
			return nil, nil, err
		}
		chunks = append(chunks, c)
	}
	return records, chunks, nil
}

// Whatever byte of the file changes: either the check says so, or the change
// hit a spot that holds nothing and the record reads the same.
func TestAFlippedByteIsFound(t *testing.T) {
	dir, path, h := closed(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := store.OpenReader(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	records, chunks, err := contents(t, r, h.id)
	if err != nil {
		t.Fatal(err)
	}
	info, err := r.Session(t.Context(), h.id)
	r.Close()
	if err != nil {
		t.Fatal(err)
	}
	try := func(at int, mask byte) (found bool) {
		b := bytes.Clone(whole)
		b[at] ^= mask
		spot := t.TempDir()
		if err := os.WriteFile(filepath.Join(spot, store.FileName), b, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := store.OpenReader(t.Context(), spot)
		if err != nil {
			return true
		}
		defer r.Close()
		gotRecords, gotChunks, err := contents(t, r, h.id)
		if err != nil {
			return true
		}
		gotInfo, err := r.Session(t.Context(), h.id)
		if err != nil {
			return true
		}
		if !reflect.DeepEqual(gotRecords, records) || !reflect.DeepEqual(gotChunks, chunks) || gotInfo != info {
			t.Errorf("byte %d ^ %#x: the record reads differently and no check said so", at, mask)
		}
		return false
	}
	// Every byte of a record's body and some of a chunk's must be found.
	body := bytes.Index(whole, records[7].Body)
	if body < 0 {
		t.Fatal("record 8 is not in the file")
	}
	for i := range records[7].Body {
		if !try(body+i, 1<<(i%8)) {
			t.Errorf("byte %d of record 8's body changed, and was not found", i)
		}
	}
	piece := bytes.Index(whole, chunks[3].Body[:200])
	if piece < 0 {
		t.Fatal("chunk 4 is not in the file")
	}
	if !try(piece+17, 0x20) {
		t.Error("a byte of chunk 4 changed, and was not found")
	}
	// And any byte anywhere is found or means nothing.
	rnd := rand.New(rand.NewPCG(1, 2))
	found := 0
	const tries = 250
	for range tries {
		if try(rnd.IntN(len(whole)), 1<<rnd.IntN(8)) {
			found++
		}
	}
	t.Logf("%d of %d random flips found, the rest changed nothing that is read", found, tries)
}

// Someone with the file and SQLite can drop the triggers. The chain still tells.
func TestAnEditBehindOurBackIsNamed(t *testing.T) {
	for _, tt := range []struct {
		name, edit, says string
		seq              uint64
	}{
		{"body", `UPDATE event SET body = x'7b7d' WHERE seq = 5`, "contents were changed", 5},
		{"time", `UPDATE event SET at_us = at_us - 3600000000 WHERE seq = 5`, "contents were changed", 5},
		{"kind", `UPDATE event SET kind = 'paused' WHERE seq = 5`, "contents were changed", 5},
		{"one taken out", `DELETE FROM event WHERE seq = 5`, "one is missing", 6},
		{"two swapped", `UPDATE event SET seq = CASE seq WHEN 5 THEN 1006 ELSE 1005 END WHERE seq IN (5, 6); UPDATE event SET seq = seq - 1000 WHERE seq > 1000`, "does not follow", 5},
		{"signal", `UPDATE signal SET lost = 0 WHERE seq = 9`, "signal: its contents", 9},
		{"signal taken out", `DELETE FROM signal WHERE seq = 9`, "signal: comes after chunk 8", 10},
		{"signal counts beyond 32 bits", `PRAGMA ignore_check_constraints = 1; UPDATE signal SET count = count + 4294967296 WHERE seq = 9`, "signal: its contents", 9},
		{"hash made longer", `PRAGMA ignore_check_constraints = 1; UPDATE event SET hash = CAST(hash || x'00' AS BLOB) WHERE seq = 5`, "contents were changed", 5},
		{"simulated made real", `UPDATE session SET simulated = 1 - simulated`, "row was changed", 0},
		{"opened at another time", `UPDATE session SET opened_at_us = 0`, "row was changed", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, path, h := closed(t)
			db := store.OpenRaw(path, "mode=rw")
			for _, q := range []string{`DROP TRIGGER event_changed`, `DROP TRIGGER event_deleted`, `DROP TRIGGER signal_changed`, `DROP TRIGGER signal_deleted`, `DROP TRIGGER session_changed`, tt.edit} {
				if _, err := db.Exec(q); err != nil {
					t.Fatal(err)
				}
			}
			db.Close()
			r, err := store.OpenReader(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			_, one := r.Verify(t.Context(), h.id)
			_, all := r.VerifyAll(t.Context())
			for _, err := range []error{one, all} {
				bad, ok := errors.AsType[*session.ChainError](err)
				if !ok || bad.Seq != tt.seq || bad.Session != h.id || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("got %v, want number %d: %s", err, tt.seq, tt.says)
				}
			}
			if tt.seq == 5 { // what was before it can still be read
				got, err := r.Records(t.Context(), h.id)
				if !errors.Is(err, session.ErrChain) || len(got) != 4 {
					t.Errorf("Records = %d of them, %v; want the 4 before the bad one", len(got), err)
				}
			}
			if in, err := r.Session(t.Context(), h.id); err != nil || in.Altered != (tt.seq == 0) {
				t.Errorf("Session = %+v, %v", in, err)
			}
		})
	}
}

func TestRecordsWithoutTheirSessionAreFound(t *testing.T) {
	dir, path, _ := closed(t)
	db := store.OpenRaw(path, "mode=rw")
	for _, q := range []string{`DROP TRIGGER session_deleted`, `DELETE FROM session`} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	r, err := store.OpenReader(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.VerifyAll(t.Context()); !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), "session that is not there") {
		t.Errorf("VerifyAll: %v", err)
	}
	r.Close()
	os.Remove(path)
	open(t, dir, store.Options{}) // a whole file for the check at the end
}

// Damage met in the middle of writing stops the writer with words.
func TestDamageWhileWritingIsFatal(t *testing.T) {
	dir, path, h := closed(t)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	fi, _ := f.Stat()
	whole, _ := os.ReadFile(path)
	// Every page but the first two (header and schema stay readable).
	for at := int64(8192); at < fi.Size(); at += 4096 {
		f.WriteAt([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, at)
	}
	f.Close()
	s, err := store.Open(t.Context(), dir, store.Options{})
	if err == nil {
		d := run(t, s, store.WriterOptions{})
		if err := d.w.Submit(h.next("pass")); err != nil {
			t.Fatal(err)
		}
		err = d.end(t)
		d.Close()
	}
	if store.KindOf(err) != store.Damaged || !strings.Contains(err.Error(), "restore") {
		t.Errorf("got %v, want damage, and what to do", err)
	}
	for _, end := range []string{"-wal", "-shm"} {
		os.Remove(path + end)
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
}
