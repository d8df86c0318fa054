//go:build unix

package store_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"penlog/store"
)

// nobody is the user a root test becomes: rights mean nothing to root.
const nobody = 65534

func init() {
	// try, as the user with the given id, opens the folder as an agent does or
	// as a reader and says how it went.
	children["try"] = func(args []string, out io.Writer) error {
		uid, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		if os.Getuid() == 0 && uid != 0 {
			if err := syscall.Setgid(uid); err != nil {
				return err
			}
			if err := syscall.Setuid(uid); err != nil {
				return err
			}
		}
		ctx := context.Background()
		var r *store.Reader
		switch args[1] {
		case "agent":
			s, err := store.Open(ctx, args[2], store.Options{})
			if err != nil {
				fmt.Fprintln(out, err)
				return nil
			}
			defer s.Close()
			r = s.Reader
		case "reader":
			if r, err = store.OpenReader(ctx, args[2]); err != nil {
				fmt.Fprintln(out, err)
				return nil
			}
			defer r.Close()
		}
		v, err := r.VerifyAll(ctx)
		fmt.Fprintln(out, "records", v.Records, err)
		return nil
	}
}

// seal gives folder and files to the unprivileged user, without the right to
// write, and returns that user's id.
func seal(t *testing.T, dir string) (uid string) {
	t.Helper()
	id := os.Getuid()
	if id == 0 {
		id = nobody
		for d := filepath.Dir(dir); d != "/" && strings.HasPrefix(d, os.TempDir()) && d != os.TempDir(); d = filepath.Dir(d) {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		p := filepath.Join(dir, f.Name())
		if err := os.Chmod(p, 0o400); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(p, id, -1); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, id, -1); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		os.Chmod(dir, 0o700)
		os.Chown(dir, os.Getuid(), -1)
		files, _ := os.ReadDir(dir)
		for _, f := range files {
			os.Chmod(filepath.Join(dir, f.Name()), 0o600)
			os.Chown(filepath.Join(dir, f.Name()), os.Getuid(), -1)
		}
	})
	return strconv.Itoa(id)
}

func TestAgentNeedsAFolderItMayWrite(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	uid := seal(t, empty)
	used, _, _ := closed(t)
	seal(t, used)
	for name, dir := range map[string]string{"empty": empty, "used": used, "within": filepath.Join(empty, "new")} {
		got := spawn(t, "try", uid, "agent", dir).line()
		if !strings.Contains(got, "give this user the right to write there") || !strings.Contains(got, dir) {
			t.Errorf("%s folder: %s", name, got)
		}
	}
}

func TestReadingWhereNothingMayBeWritten(t *testing.T) {
	t.Run("closed cleanly", func(t *testing.T) {
		dir, _, _ := closed(t)
		uid := seal(t, dir)
		if got := spawn(t, "try", uid, "reader", dir).line(); got != "records 21 <nil>" {
			t.Error(got)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*-*")); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	t.Run("after a crash", func(t *testing.T) {
		dir, events := crashed(t)
		uid := seal(t, dir)
		got := spawn(t, "try", uid, "reader", dir).line()
		var n int
		if _, err := fmt.Sscanf(got, "records %d <nil>", &n); err != nil || n < events {
			t.Errorf("%s; %d were acknowledged", got, events)
		}
	})
	t.Run("after a crash, without the index", func(t *testing.T) {
		dir, _ := crashed(t)
		if err := os.Remove(filepath.Join(dir, "penlog.db-shm")); err != nil {
			t.Fatal(err)
		}
		uid := seal(t, dir)
		got := spawn(t, "try", uid, "reader", dir).line()
		if !strings.Contains(got, "copy the folder to a disk that can be written") {
			t.Error(got)
		}
	})
	t.Run("while an agent runs", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "data")
		d := start(t, dir, store.Options{}, store.WriterOptions{})
		d.put(t, newHistory(0).first())
		uid := seal(t, dir)
		if got := spawn(t, "try", uid, "reader", dir).line(); got != "records 1 <nil>" {
			t.Error(got)
		}
	})
}

// crashed makes a folder whose agent was killed; events were acknowledged.
func crashed(t *testing.T) (dir string, events int) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	c := spawn(t, "commit", dir)
	for events < 20 {
		if strings.HasPrefix(c.line(), "e ") {
			events++
		}
	}
	c.Process.Kill()
	c.rest()
	c.Wait()
	t.Cleanup(func() { checkFile(t, filepath.Join(dir, store.FileName)) })
	return dir, events
}

func TestReaderWorksAfterACleanEndAndAfterACrash(t *testing.T) {
	dir, _, h := closed(t)
	r, err := store.OpenReader(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Records(t.Context(), h.id); err != nil || len(got) != 21 {
		t.Errorf("closed: %d records, %v", len(got), err)
	}
	// The reader is in nobody's way: an agent starts beside it.
	d := start(t, dir, store.Options{}, store.WriterOptions{})
	d.put(t, h.next("pass"))
	if got, err := r.Records(t.Context(), h.id); err != nil || len(got) != 22 {
		t.Errorf("beside an agent: %d records, %v", len(got), err)
	}
	r.Close()
	killed, events := crashed(t)
	for _, shm := range []bool{true, false} {
		if !shm {
			os.Remove(filepath.Join(killed, "penlog.db-shm"))
		}
		r, err := store.OpenReader(t.Context(), killed)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Records(t.Context(), newID(0)); err != nil || len(got) < events {
			t.Errorf("after a crash: %d records, %v; %d were acknowledged", len(got), err, events)
		}
		r.Close()
	}
}
