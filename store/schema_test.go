package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"penlog/store"
)

func TestPragmasAreReadBack(t *testing.T) {
	_, path, _ := closed(t)
	if err := store.PingWriting(path, store.WritingParams, nil); err != nil {
		t.Fatalf("as written: %v", err)
	}
	for _, tt := range []struct{ pragma, from, to string }{
		{"journal_mode", "_journal_mode=WAL", "_journal_mode=DELETE"},
		{"synchronous", "_synchronous", "_synchronus"}, // misspelt: passes the driver without a word
		{"foreign_keys", "_foreign_keys", "_foreign_key"},
		{"busy_timeout", "_busy_timeout=5000", "_busy_timeout=50"},
		{"recursive_triggers", "_recursive_triggers", "_recursive_trigger"},
	} {
		err := store.PingWriting(path, strings.Replace(store.WritingParams, tt.from, tt.to, 1), nil)
		if got, ok := errors.AsType[*store.PragmaError](err); !ok || got.Name != tt.pragma {
			t.Errorf("%s for %s: %v, want a PragmaError of %s", tt.to, tt.from, err, tt.pragma)
		}
	}
	for i, q := range store.WritingSettings {
		set := append(append([]string{}, store.WritingSettings[:i]...), store.WritingSettings[i+1:]...)
		err := store.PingWriting(path, store.WritingParams, set)
		if got, ok := errors.AsType[*store.PragmaError](err); !ok || !strings.Contains(q, got.Name) {
			t.Errorf("without %q: %v, want a PragmaError", q, err)
		}
	}
}

// A deferred transaction that reads and then writes fails with 517 at once when
// another one wrote meanwhile, whatever the busy timeout. Ours take the write
// lock when they begin.
func TestTransactionsBeginImmediate(t *testing.T) {
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{})
	h := newHistory(0)
	d.put(t, h.first())
	path := filepath.Join(d.Dir(), store.FileName)
	readThenWrite := func(db *sql.DB, meanwhile func()) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		defer tx.Rollback()
		var n int
		if err := tx.QueryRow("SELECT count(*) FROM test_write").Scan(&n); err != nil {
			return err
		}
		meanwhile()
		if _, err := tx.Exec("INSERT INTO test_write VALUES (1, 0, x'') ON CONFLICT DO UPDATE SET at_us = 0"); err != nil {
			return err
		}
		return tx.Commit()
	}
	deferred := store.OpenRaw(path, "mode=rw&_busy_timeout=5000")
	defer deferred.Close()
	err := readThenWrite(deferred, func() { d.put(t, h.next("pass")) })
	if got := store.ExtendedCode(err); got != 517 {
		t.Fatalf("deferred: %v, want 517: the trap this test is about is gone", err)
	}
	ours := store.OpenWriting(path)
	defer ours.Close()
	err = readThenWrite(ours, func() {
		if err := d.w.Submit(h.next("pass")); err != nil { // waits for the lock
			t.Error(err)
		}
	})
	if err != nil {
		t.Errorf("immediate: %v", err)
	}
	d.committed(t)
}

func TestAppendOnly(t *testing.T) {
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{})
	h, other := newHistory(0), newHistory(1)
	d.put(t, store.Batch{Open: h.opening(), Records: h.first().Records, Chunk: h.chunk(5)})
	d.put(t, store.Batch{Records: h.next("pass").Records, Chunk: h.chunk(5)})
	d.put(t, other.first())
	before, err := d.VerifyAll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	statements := []string{
		`UPDATE event SET body = x'00'`,
		`UPDATE event SET seq = seq + 10 WHERE seq = 2`,
		`DELETE FROM event WHERE seq = 2`,
		`DELETE FROM event`,
		`INSERT OR REPLACE INTO event SELECT n, session, seq, at_us, mono_us, kind, x'00', prev, hash FROM event WHERE seq = 2`,
		`INSERT OR REPLACE INTO event SELECT 99, session, seq, at_us, mono_us, kind, x'00', prev, hash FROM event WHERE seq = 2`,
		`INSERT OR REPLACE INTO event SELECT n, session, 3, at_us, mono_us, kind, x'00', hash, hash FROM event WHERE seq = 2`,
		`REPLACE INTO event SELECT * FROM event`,
		`INSERT OR IGNORE INTO event SELECT n, session, 7, at_us, mono_us, kind, body, hash, hash FROM event WHERE seq = 2`,
		`INSERT INTO event SELECT 99, session, 4, at_us, mono_us, kind, body, hash, hash FROM event WHERE seq = 2`,
		`INSERT INTO event SELECT 99, session, 3, at_us, mono_us, kind, body, prev, hash FROM event WHERE seq = 2`,
		`INSERT INTO event SELECT 99, x'11111111111111111111111111111111', 1, at_us, mono_us, kind, body, prev, hash FROM event WHERE seq = 1`,
		`UPDATE signal SET lost = 0`,
		`UPDATE OR REPLACE signal SET n = 1 WHERE n = 2`,
		`DELETE FROM signal`,
		`INSERT OR REPLACE INTO signal SELECT 99, session, seq, from_us, to_us, count, lost, x'00', prev, hash FROM signal WHERE seq = 2`,
		`INSERT OR REPLACE INTO signal SELECT n, session, 3, from_us, to_us, count, lost, x'00', hash, hash FROM signal WHERE seq = 2`,
		`INSERT INTO signal SELECT 99, session, 4, from_us, to_us, count, lost, body, hash, hash FROM signal WHERE seq = 2`,
		`UPDATE session SET opened_at_us = 0`,
		`UPDATE session SET simulated = 0 WHERE simulated = 1 OR 1`,
		`DELETE FROM session`,
		`INSERT OR REPLACE INTO session SELECT 99, id, 0, 0, sum FROM session`,
		`INSERT OR REPLACE INTO session SELECT n, x'22222222222222222222222222222222', 0, 0, sum FROM session`,
		`INSERT INTO event SELECT 99, session, 3, at_us, 'soon', kind, body, hash, hash FROM event WHERE seq = 2`, // STRICT
	}
	path := filepath.Join(d.Dir(), store.FileName)
	for _, params := range []string{store.WritingParams, "mode=rw&_busy_timeout=5000&_foreign_keys=1"} { // also without recursive_triggers
		db := store.OpenRaw(path, params)
		defer db.Close()
		for _, q := range statements {
			if _, err := db.Exec(q); err == nil {
				t.Errorf("was allowed: %s", q)
			}
		}
	}
	if after, err := d.VerifyAll(t.Context()); err != nil || after.Records != before.Records || after.Chunks != before.Chunks {
		t.Errorf("after it all: %+v, %v; want %+v", after, err, before)
	}
}

// The BEFORE INSERT triggers catch INSERT OR REPLACE by themselves; with
// recursive_triggers a DELETE trigger alone does too. The pragma is the net
// under tables that have only that.
func TestRecursiveTriggersCatchReplace(t *testing.T) {
	_, path, _ := closed(t)
	for _, tt := range []struct {
		params string
		caught bool
	}{{store.WritingParams, true}, {"mode=rw", false}} {
		db := store.OpenRaw(path, tt.params)
		for _, q := range []string{
			`CREATE TABLE IF NOT EXISTS kept (n INTEGER PRIMARY KEY, x)`,
			`CREATE TRIGGER IF NOT EXISTS kept_deleted BEFORE DELETE ON kept BEGIN SELECT RAISE(ABORT, 'append-only'); END`,
			`INSERT OR IGNORE INTO kept VALUES (1, 'a')`,
		} {
			if _, err := db.Exec(q); err != nil {
				t.Fatal(err)
			}
		}
		_, err := db.Exec(`INSERT OR REPLACE INTO kept VALUES (1, 'b')`)
		if caught := err != nil; caught != tt.caught {
			t.Errorf("%s: caught = %v (%v), want %v", tt.params, caught, err, tt.caught)
		}
		db.Close()
	}
}

// newest is the schema that this program knows.
var newest = func() int {
	entries, _ := fs.ReadDir(store.Migrations, "migrations")
	return len(entries)
}()

// migrationsWith are the program's and one more.
func migrationsWith(extra string) fstest.MapFS {
	out := fstest.MapFS{}
	entries, _ := fs.ReadDir(store.Migrations, "migrations")
	for _, e := range entries {
		b, _ := fs.ReadFile(store.Migrations, "migrations/"+e.Name())
		out["migrations/"+e.Name()] = &fstest.MapFile{Data: b}
	}
	out[fmt.Sprintf("migrations/%04d_more.sql", newest+1)] = &fstest.MapFile{Data: []byte(extra)}
	return out
}

func TestMigrationBacksUpFirst(t *testing.T) {
	dir, path, h := closed(t)
	s, err := store.Open(t.Context(), dir, store.Options{}.WithMigrations(migrationsWith("CREATE TABLE more (x INTEGER) STRICT; INSERT INTO more VALUES (7);")))
	if err != nil {
		t.Fatal(err)
	}
	var x, version int
	if err := s.WriterDB().QueryRow("SELECT x FROM more").Scan(&x); err != nil || x != 7 {
		t.Errorf("new table holds %d, %v", x, err)
	}
	if err := s.WriterDB().QueryRow("PRAGMA user_version").Scan(&version); err != nil || version != newest+1 {
		t.Errorf("user_version = %d, %v", version, err)
	}
	if got, err := s.Records(t.Context(), h.id); err != nil || len(got) != 21 {
		t.Errorf("%d records, %v", len(got), err)
	}
	s.Close()
	// This program, which does not know that version, now refuses the file ...
	if _, err := store.Open(t.Context(), dir, store.Options{}); !errors.Is(err, store.ErrNewer) {
		t.Errorf("Open by the older program: %v", err)
	}
	// ... and reads the copy.
	copies, _ := filepath.Glob(filepath.Join(dir, "backups", "*.db"))
	if len(copies) != 1 {
		t.Fatalf("copies: %v", copies)
	}
	if fi, err := os.Stat(copies[0]); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("mode of the copy: %v, %v", fi.Mode(), err)
	}
	checkFile(t, copies[0])
	if err := os.Rename(copies[0], path); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir, store.Options{})
	if v, err := again.VerifyAll(t.Context()); err != nil || v.Records != 21 || v.Chunks != 20 {
		t.Errorf("the copy: %+v, %v", v, err)
	}
}

func TestFailedMigrationLeavesTheFile(t *testing.T) {
	dir, _, h := closed(t)
	_, err := store.Open(t.Context(), dir, store.Options{}.WithMigrations(migrationsWith("CREATE TABLE more (x INTEGER) STRICT; INSERT INTO nowhere VALUES (7);")))
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("from %d to %d", newest, newest+1)) || !strings.Contains(err.Error(), "a copy is at") {
		t.Errorf("Open: %v", err)
	}
	s := open(t, dir, store.Options{})
	if got, err := s.Records(t.Context(), h.id); err != nil || len(got) != 21 {
		t.Errorf("%d records, %v", len(got), err)
	}
	var n int
	if err := s.WriterDB().QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = 'more'").Scan(&n); err != nil || n != 0 {
		t.Errorf("half a migration stayed: %d, %v", n, err)
	}
}

func TestReaderRefusesAnOlderSchema(t *testing.T) {
	dir, path, _ := closed(t)
	db := store.OpenRaw(path, "mode=rw")
	if _, err := db.Exec("PRAGMA user_version=0"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := store.OpenReader(t.Context(), dir); !errors.Is(err, store.ErrOlder) || !strings.Contains(err.Error(), "start the agent once") {
		t.Errorf("OpenReader: %v", err)
	}
}

func TestMigrationsAreNumberedWithoutAGap(t *testing.T) {
	files := migrationsWith("")
	files[fmt.Sprintf("migrations/%04d_late.sql", newest+3)] = &fstest.MapFile{}
	if _, err := store.Open(t.Context(), t.TempDir(), store.Options{}.WithMigrations(files)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("not number %d", newest+2)) {
		t.Errorf("Open: %v", err)
	}
}
