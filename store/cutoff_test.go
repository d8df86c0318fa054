package store_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"penlog/store"
)

// hot makes, of a closed database, the folder a power cut leaves in the middle
// of a change under a rollback journal: both files, the change half made.
func hot(t *testing.T, path string, application int) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db := store.OpenRaw(path, "mode=rw&_journal_mode=DELETE&_synchronous=OFF&_cache_size=1")
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(fmt.Sprintf("PRAGMA application_id=%d; CREATE TABLE big (x); INSERT INTO big VALUES (zeroblob(400000))", application)); err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, q := range []string{"UPDATE big SET x = randomblob(400000)", "INSERT INTO test_write VALUES (1, 7, x'00')"} {
		if _, err := tx.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	for _, end := range []string{"", "-journal"} {
		b, err := os.ReadFile(path + end)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, store.FileName+end), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if len(b) < 400_000 {
			t.Fatalf("penlog.db%s holds %d bytes only: the change was not half made", end, len(b))
		}
	}
	return dir
}

func TestAChangeCutOffIsUndone(t *testing.T) {
	_, path, h := closed(t)
	dir := hot(t, path, 0x504e4c47)
	if _, err := store.OpenReader(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "start the agent once") {
		t.Errorf("OpenReader before that: %v", err)
	}
	s := open(t, dir, store.Options{})
	if v, err := s.VerifyAll(t.Context()); err != nil || v.Records != 21 || v.Heads[0].Records != h.records {
		t.Errorf("VerifyAll = %+v, %v", v, err)
	}
	var half int
	if err := s.WriterDB().QueryRow("SELECT (SELECT count(*) FROM test_write WHERE at_us = 7) + (SELECT count(*) FROM big WHERE x <> zeroblob(400000))").Scan(&half); err != nil || half != 0 {
		t.Errorf("half the change stayed: %d, %v", half, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "penlog.db-journal")); !os.IsNotExist(err) {
		t.Errorf("the rollback journal is still there: %v", err)
	}
}

func TestAnotherProgramsCutOffChangeIsLeftAlone(t *testing.T) {
	_, path, _ := closed(t)
	dir := hot(t, path, 7)
	read := func() (b []byte) {
		for _, end := range []string{"", "-journal"} {
			f, err := os.ReadFile(filepath.Join(dir, store.FileName+end))
			if err != nil {
				t.Fatal(err)
			}
			b = append(b, f...)
		}
		return b
	}
	before := read()
	if s, err := store.Open(t.Context(), dir, store.Options{}); err == nil {
		s.Close()
		t.Error("Open returned no error")
	}
	if !bytes.Equal(read(), before) {
		t.Error("the files were changed")
	}
}

// A copy made with VACUUM INTO is not in WAL mode until an agent opens it.
func TestACopyNotYetInUseCanBeRead(t *testing.T) {
	dir, path, h := closed(t)
	db := store.OpenRaw(path, "mode=rw&_journal_mode=DELETE")
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	db.Close()
	r, err := store.OpenReader(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := r.Records(t.Context(), h.id); err != nil || len(got) != 21 {
		t.Errorf("%d records, %v", len(got), err)
	}
}

func TestANewDatabaseIsInWALModeBeforeItGetsItsName(t *testing.T) {
	path := filepath.Join(t.TempDir(), store.FileName)
	if err := store.Create(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b[18] != 2 || b[19] != 2 { // Source: sqlite.org/fileformat2.html §1.3
		t.Errorf("read and write version %d, %d; want 2, 2: WAL", b[18], b[19])
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("beside it: %v", left)
	}
}
