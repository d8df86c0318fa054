package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"penlog/store"
)

func init() {
	// agent takes the folder, says how that went, and stays until killed.
	children["agent"] = func(args []string, out io.Writer) error {
		s, err := store.Open(context.Background(), args[0], store.Options{})
		if err != nil {
			fmt.Fprintln(out, err)
			return nil
		}
		defer s.Close()
		fmt.Fprintln(out, "open")
		select {}
	}
}

func TestPathsWithSpecialCharacters(t *testing.T) {
	for _, name := range []string{"room #2", "a?b%", "100%20", "Zimmer fünf 診察", "plus+and&amp;=", "semi;colon'quote\"", "~"} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, name)
			d := start(t, dir, store.Options{}, store.WriterOptions{})
			h := newHistory(0)
			d.put(t, h.first())
			d.stop()
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			if fi, err := os.Stat(filepath.Join(dir, "penlog.db")); err != nil || fi.Size() == 0 {
				t.Errorf("penlog.db is not where it should be: %v", err)
			}
			left, _ := os.ReadDir(parent)
			if len(left) != 1 {
				t.Errorf("something else was made beside the folder: %v", left)
			}
			r, err := store.OpenReader(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got, err := r.Records(t.Context(), h.id); err != nil || len(got) != 1 {
				t.Errorf("Records = %v, %v", got, err)
			}
		})
	}
}

func TestOneAgentPerFolder(t *testing.T) {
	dir := t.TempDir()
	c := spawn(t, "agent", dir)
	if got := c.line(); got != "open" {
		t.Fatal(got)
	}
	_, err := store.Open(t.Context(), dir, store.Options{})
	locked, ok := errors.AsType[*store.LockedError](err)
	if !ok || !errors.Is(err, store.ErrInUse) || locked.PID != c.Process.Pid {
		t.Fatalf("second agent: %v, want a LockedError with process %d", err, c.Process.Pid)
	}
	if msg := err.Error(); !strings.Contains(msg, fmt.Sprint("process id ", c.Process.Pid)) || !strings.Contains(msg, "stop that one first") {
		t.Errorf("the message does not say who and what to do: %s", msg)
	}
	// The lock dies with the process, however that ends.
	c.Process.Kill()
	c.Wait()
	s := open(t, dir, store.Options{})
	// And it holds within a process and against another one.
	if _, err := store.Open(t.Context(), dir, store.Options{}); !errors.Is(err, store.ErrInUse) {
		t.Errorf("second store in one process: %v", err)
	}
	if got := spawn(t, "agent", dir).line(); !strings.Contains(got, fmt.Sprint("process id ", os.Getpid())) {
		t.Errorf("second process: %s", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, store.Options{})
}

func TestFolderThatCantBe(t *testing.T) {
	parent := t.TempDir()
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, dir, says string
		is              error
	}{
		{"parent is missing", filepath.Join(parent, "no", "data"), "correct the path", fs.ErrNotExist},
		{"a file is there", file, "is a file", fs.ErrExist},
		{"below a file", filepath.Join(file, "data"), "file", nil},
	} {
		_, err := store.Open(t.Context(), tt.dir, store.Options{})
		if err == nil || !strings.Contains(err.Error(), tt.says) || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if b, _ := os.ReadFile(file); string(b) != "mine" {
		t.Errorf("the file was changed: %q", b)
	}
}

// closed makes a folder with one session in a cleanly closed database.
func closed(t *testing.T) (dir, path string, h *history) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	d := start(t, dir, store.Options{}, store.WriterOptions{})
	h = newHistory(0)
	d.put(t, h.first())
	for range 20 {
		d.put(t, store.Batch{Records: h.next("pass").Records, Chunk: h.chunk(40)})
	}
	d.stop()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, store.FileName), h
}

func TestWhatIsNotOursIsRefusedAndLeftAsItIs(t *testing.T) {
	cut := func(n int64) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.Truncate(path, n); err != nil {
				t.Fatal(err)
			}
		}
	}
	exec := func(params string, queries ...string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			db := store.OpenRaw(path, params)
			defer db.Close()
			for _, q := range queries {
				if _, err := db.Exec(q); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	write := func(b []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, path string)
		is   error
		says string
	}{
		{"newer", exec("mode=rw", "PRAGMA user_version=999"), store.ErrNewer, "install that version or a later one"},
		{"other program's", exec("mode=rw&_journal_mode=DELETE", "PRAGMA application_id=7"), store.ErrNotPenlog, "name another data folder"},
		{"other program's, rollback journal", func(t *testing.T, path string) {
			os.Remove(path)
			exec("mode=rwc", "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)")(t, path)
		}, store.ErrNotPenlog, "not touched"},
		{"empty", cut(0), store.ErrDamaged, "restore the file from a backup"},
		{"cut inside the header", cut(60), store.ErrDamaged, "restore the file from a backup"},
		{"cut in the middle", cut(3*4096 + 100), store.ErrDamaged, "restore the file from a backup"},
		{"text", write([]byte(strings.Repeat("Dear clinic, ", 1000))), store.ErrDamaged, "copy the whole folder"},
		{"zeros", write(make([]byte, 8192)), store.ErrDamaged, "copy the whole folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, path, _ := closed(t)
			tt.do(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // also the second time
				s, err := store.Open(t.Context(), dir, store.Options{})
				if err == nil {
					s.Close()
				}
				if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), path) {
					t.Errorf("Open: %v", err)
				}
				r, err := store.OpenReader(t.Context(), dir)
				if err == nil {
					r.Close()
				}
				if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("OpenReader: %v", err)
				}
			}
			after, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was changed (%v)", err)
			}
			// Put right again, so that the check at the test's end has a whole file.
			os.Remove(path)
			s, err := store.Open(t.Context(), dir, store.Options{})
			if err != nil {
				t.Fatalf("after the file was moved away: %v", err)
			}
			s.Close()
		})
	}
}

func TestAMissingDatabaseWithItsLogLeftIsNotReplaced(t *testing.T) {
	dir, path, _ := closed(t)
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	defer os.Rename(path+".moved", path)
	if err := os.WriteFile(path+"-wal", []byte("frames"), 0o600); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(path + "-wal")
	if _, err := store.Open(t.Context(), dir, store.Options{}); !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), "penlog.db-wal") {
		t.Errorf("Open: %v", err)
	}
}

func TestAHalfMadeDatabaseIsMadeAgain(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"penlog.db.new", "penlog.db.new-journal", "ballast.new"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, store.Options{})
	if got, err := s.Sessions(t.Context(), 0, 10); err != nil || len(got) != 0 {
		t.Errorf("Sessions = %v, %v", got, err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*.new*"))
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestReaderNeedsADatabase(t *testing.T) {
	if _, err := store.OpenReader(t.Context(), t.TempDir()); !errors.Is(err, store.ErrNoDatabase) || !strings.Contains(err.Error(), "start the agent once") {
		t.Errorf("OpenReader: %v", err)
	}
}
