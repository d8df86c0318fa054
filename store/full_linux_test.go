package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"penlog/store"
)

func onDisk(t *testing.T, path string) int64 {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return st.Blocks * 512
}

func init() {
	// fill takes a session onto a disk that fills up: a small file system of
	// its own ("tmpfs") or a limit on the size of files ("rlimit").
	children["fill"] = func(args []string, out io.Writer) error {
		if args[0] == "tmpfs" {
			if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
				return fmt.Errorf("mount: %w", err)
			}
			if err := syscall.Mount("penlog", args[1], "tmpfs", 0, "size=8m,mode=0700"); err != nil {
				return fmt.Errorf("mount: %w", err)
			}
		}
		return fill(args[0], filepath.Join(args[1], "data"), out)
	}
}

// fill fills the disk, records a trip with the help of the ballast, goes on
// until that is used up too, gets space back, and prints what happened.
func fill(how, dir string, out io.Writer) error {
	const ballast = 1 << 20
	ctx := context.Background()
	s, err := store.Open(ctx, dir, store.Options{BallastBytes: ballast})
	if err != nil {
		return err
	}
	defer s.Close()
	done, faults := make(chan store.Committed, 1000), make(chan store.Fault, 1000)
	w, err := s.Writer(store.WriterOptions{
		RetryAfter: time.Millisecond, BallastEvery: time.Millisecond,
		OnCommit: func(c store.Committed) { done <- c },
		OnFault: func(f store.Fault) {
			select {
			case faults <- f:
			default:
			}
		},
	})
	if err != nil {
		return err
	}
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- w.Run(run) }()
	h := newHistory(0)
	if err := w.Submit(h.first()); err != nil {
		return err
	}
	<-done
	full, roomy := fullDisk(how, dir)
	if err := full(); err != nil {
		return err
	}
	// Until the disk is full: signal as ever.
	var freed store.Fault
	n := 1
	for freed.Op == "" {
		if err := w.Submit(store.Batch{Records: h.next("tripped").Records, Chunk: h.chunk(200)}); err != nil {
			return err
		}
		n++
		select {
		case freed = <-faults:
		case <-done:
		}
	}
	fmt.Fprintln(out, "full:", freed.Kind, freed.Freed, freed.Try, freed.Fatal, w.Health().Ballast, "|", freed)
	if how != "rlimit" {
		select { // with the reserve's room, at once
		case c := <-done:
			fmt.Fprintln(out, "trip:", c.Batch.Records[0].Kind, c.Tries)
		case f := <-faults:
			return fmt.Errorf("the trip was not recorded: %w", f)
		}
	}
	// Until the reserve is used up.
	var last store.Fault
	for last.Op == "" {
		if len(done) < cap(done) && w.Health().Queue < 4 {
			if err := w.Submit(store.Batch{Records: h.next("reading").Records, Chunk: h.chunk(1000)}); err != nil {
				return err
			}
			n++
		}
		select {
		case last = <-faults:
		case <-done:
		}
	}
	fmt.Fprintln(out, "used up:", last.Kind, last.Freed, last.Fatal, w.Health().Failing > 0, "|", last)
	// A second agent, now, gets words.
	if _, err := store.Open(ctx, dir+"2", store.Options{}); how != "rlimit" {
		fmt.Fprintln(out, "start:", err)
	}
	if err := roomy(); err != nil {
		return err
	}
	for w.Health().Queue > 0 {
		<-done
	}
	for range 2 {
		if err := w.Submit(h.next("acknowledged")); err != nil {
			return err
		}
		n++
		for c := range done {
			if c.Batch.Records[0].Seq == uint64(n) {
				break
			}
		}
	}
	fmt.Fprintln(out, "roomy:", w.Health().Ballast, w.Health().Failing)
	cancel()
	if err := <-ended; err != nil {
		return err
	}
	v, err := s.VerifyAll(ctx)
	fmt.Fprintln(out, "verified:", v.Records == uint64(n), v.Heads[0].Records == h.records, err)
	return nil
}

// fullDisk returns what fills the disk and what makes room again.
func fullDisk(how, dir string) (full, roomy func() error) {
	if how == "rlimit" {
		var was syscall.Rlimit
		return func() error {
			signal.Ignore(syscall.SIGXFSZ)
			if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
				return err
			}
			fi, err := os.Stat(filepath.Join(dir, "penlog.db-wal"))
			if err != nil {
				return err
			}
			now := was
			now.Cur = uint64(fi.Size()) + 100<<10
			return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &now)
		}, func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was) }
	}
	filler := filepath.Join(filepath.Dir(dir), "filler")
	return func() error {
		f, err := os.Create(filler)
		if err != nil {
			return err
		}
		defer f.Close()
		for {
			if _, err := f.Write(make([]byte, 4096)); errors.Is(err, syscall.ENOSPC) {
				return nil
			} else if err != nil {
				return err
			}
		}
	}, func() error { return os.Remove(filler) }
}

func checkFill(t *testing.T, how string, lines []string) {
	t.Helper()
	want := []struct{ begins, says string }{
		{"full: full true 1 false freed |", "free space on the disk"},
		{"used up: full false false true |", "the reserve is used up"},
		{"roomy: held 0s", ""},
		{"verified: true true <nil>", ""},
	}
	if how == "tmpfs" {
		want = append(want[:1:1], append([]struct{ begins, says string }{{"trip: tripped 2", ""}, want[1], {"start: ", "is full: free some space"}}, want[2:]...)...)
	}
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), strings.Join(lines, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i].begins) || !strings.Contains(lines[i], want[i].says) {
			t.Errorf("got  %s\nwant %s … %s", lines[i], want[i].begins, want[i].says)
		}
	}
}

// Errors of the real system, without privileges: files may not grow. (Giving
// up the ballast does not help against that, so the trip waits for room.)
func TestFilesThatMayNotGrow(t *testing.T) {
	checkFill(t, "rlimit", spawn(t, "fill", "rlimit", t.TempDir()).rest())
}

// A disk that is full for real: a small file system, in a namespace of the
// child's own. Where the system forbids such, the test above, which needs no
// right at all, has shown the same but for the ballast's room.
func TestAFullDiskStillRecordsTheTrip(t *testing.T) {
	for _, attr := range []*syscall.SysProcAttr{
		{Cloneflags: syscall.CLONE_NEWNS},
		{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}},
	} {
		c, err := spawnWith(t, attr, "fill", "tmpfs", t.TempDir())
		if err != nil {
			t.Logf("no namespace this way: %v", err)
			continue
		}
		lines := c.rest()
		if err := c.Wait(); err != nil && strings.HasPrefix(c.stderr.String(), "mount: ") {
			t.Logf("no file system of its own this way: %s", c.stderr.String())
			continue
		} else if err != nil {
			t.Fatalf("%v: %s\n%s", err, c.stderr.String(), strings.Join(lines, "\n"))
		}
		checkFill(t, "tmpfs", lines)
		return
	}
	t.Log("this machine lets a process have no small disk: see TestFilesThatMayNotGrow")
}
