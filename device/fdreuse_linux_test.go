package device_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"

	"penlog/device"
)

// numbersOf lists this process's file numbers that are open on path.
func numbersOf(t *testing.T, path string) map[int]bool {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[int]bool{}
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && to == path {
			n, _ := strconv.Atoi(e.Name())
			numbers[n] = true
		}
	}
	return numbers
}

// numberOf opens a port by open and returns the file number it got.
func numberOf(t *testing.T, path string, open func()) int {
	t.Helper()
	before := numbersOf(t, path)
	open()
	for n := range numbersOf(t, path) {
		if !before[n] {
			return n
		}
	}
	t.Fatalf("no new file number is open on %s", path)
	return -1
}

// squat opens new files until one of them has number fd, and returns that one.
func squat(t *testing.T, fd int) *os.File {
	t.Helper()
	dir := t.TempDir()
	for i := range 64 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("database-%d", i)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		if int(f.Fd()) == fd {
			return f
		}
	}
	t.Fatalf("no new file got the number %d", fd)
	return nil
}

func size(t *testing.T, f *os.File) int64 {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// This is what the gate is for, and the proof that the tests below would see it.
func TestTheBareLibraryWritesIntoAReusedFileNumber(t *testing.T) {
	_, slave, _ := openPTY(t)
	var bare serial.Port
	fd := numberOf(t, slave.Name(), func() {
		var err error
		if bare, err = serial.Open(slave.Name(), &serial.Mode{BaudRate: 115200}); err != nil {
			t.Fatal(err)
		}
	})
	bare.Close()
	database := squat(t, fd)
	n, err := bare.Write([]byte("permit"))
	if n != 6 || err != nil || size(t, database) != 6 {
		t.Errorf("the library's Write after Close = %d, %v and %d bytes in the file: the hazard this package guards against is gone", n, err, size(t, database))
	}
}

func TestWriteAfterCloseNeverReachesAReusedFileNumber(t *testing.T) {
	for range 20 {
		_, slave, addr := openPTY(t)
		var p *device.Port
		fd := numberOf(t, slave.Name(), func() { p = open(t, addr) })

		// Hammer from other goroutines before, during and long after the close. The pen
		// reads nothing: some of the writes hang in a full terminal when Close comes.
		var wg sync.WaitGroup
		var stop atomic.Bool
		closed := make(chan struct{})
		var late atomic.Int64
		for range 4 {
			wg.Go(func() {
				for !stop.Load() {
					_, err := p.Write([]byte("permit"))
					select {
					case <-closed:
						if err != device.ErrClosed {
							late.Add(1)
						}
					default:
					}
					if err != nil {
						time.Sleep(10 * time.Microsecond) // pacing, not synchronisation
					}
				}
			})
		}
		wg.Go(func() {
			buf := make([]byte, 16)
			for !stop.Load() {
				if _, err := p.Read(buf); err == device.ErrClosed {
					return
				}
			}
		})
		if err := unblock(slave, p.Close); err != nil {
			t.Fatalf("Close() = %v", err)
		}
		database := squat(t, fd)
		// A write that began before the gate shut may still report its success; from
		// here on each one is new.
		close(closed)
		for range 2000 {
			if _, err := p.Write([]byte("permit")); err != device.ErrClosed {
				t.Fatalf("Write() after Close = %v, want %v", err, device.ErrClosed)
			}
		}
		stop.Store(true)
		wg.Wait()
		if n := size(t, database); n != 0 {
			t.Fatalf("%d bytes for the pen went into the file that got number %d", n, fd)
		}
		if n := late.Load(); n > 4 { // each goroutine's Write that was on its way
			t.Errorf("%d writes after Close were not refused", n)
		}
	}
}

// unblock calls f while throwing away what hangs in the terminal's output.
func unblock(slave *os.File, f func() error) error {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				flush(slave)
			}
		}
	})
	defer wg.Wait()
	defer close(done)
	return f()
}

// flush throws away what the terminal holds for the pen's end.
func flush(slave *os.File) {
	if conn, err := slave.SyscallConn(); err == nil {
		conn.Control(func(fd uintptr) { unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCOFLUSH) })
	}
}

func TestAStuckWriteIsAbandonedUnclosed(t *testing.T) {
	pen, slave, addr := openPTY(t)
	var p *device.Port
	fd := numberOf(t, slave.Name(), func() { p = open(t, addr) })
	wrote := make(chan error, 1)
	go func() { // nobody reads at the pen's end: the terminal fills up, the write hangs
		_, err := p.Write(make([]byte, 1<<20))
		wrote <- err
	}()
	for waiting(pen) == 0 { // from then on it is inside, and too long to come out
		runtime.Gosched()
	}

	begin := time.Now()
	err := p.Close()
	took := time.Since(begin)
	gone, ok := errors.AsType[*device.AbandonedError](err)
	if !ok || gone.Op != device.OpWrite || !errors.Is(err, device.ErrAbandoned) {
		t.Fatalf("Close() beside a hanging Write = %v, want an AbandonedError about the write", err)
	}
	if took < device.StuckAfter || took > 2*device.StuckAfter {
		t.Errorf("Close() gave up after %v, want %v", took, device.StuckAfter)
	}
	if !numbersOf(t, slave.Name())[fd] {
		t.Errorf("file number %d was closed under a hanging Write", fd)
	}
	if _, err := p.Write([]byte("x")); err != device.ErrClosed {
		t.Errorf("Write() to an abandoned port = %v, want %v", err, device.ErrClosed)
	}

	pen.Close() // unplugged at last: the write comes back, and the number is free
	if err := <-wrote; err != device.ErrClosed {
		t.Errorf("the Write that hung = %v, want %v", err, device.ErrClosed)
	}
	<-p.Released()
	if numbersOf(t, slave.Name())[fd] {
		t.Errorf("file number %d is still open although nothing hangs in it any more", fd)
	}
}

// waiting is how many bytes the terminal holds for the pen's end to read.
func waiting(pen *os.File) int {
	conn, err := pen.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	conn.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	return n
}

// crowd opens files until the next one gets a number above 1024. It returns false
// where no number is that high: there the rule holds by itself.
func crowd(t *testing.T) bool {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(limit.Max, 4096)
	if limit.Cur <= 1100 {
		return false
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		if f.Fd() > 1024 {
			return true
		}
	}
}

// Rule 5: the library's reader panics at file number 1024.
func TestAFileNumberTheLibraryCannotReadIsRefused(t *testing.T) {
	_, slave, addr := openPTY(t)
	if !crowd(t) {
		return
	}
	_, err := device.Open(t.Context(), addr, device.Options{})
	if !errors.Is(err, device.ErrTooManyFiles) || !strings.Contains(err.Error(), "close other connections") {
		t.Errorf("Open() at file number 1024 = %v, want %v and what to do", err, device.ErrTooManyFiles)
	}

	// Should the check come too early, the panic is a lost link and no crash.
	bare, err := serial.Open(slave.Name(), &serial.Mode{BaudRate: 115200})
	if err != nil {
		t.Fatal(err)
	}
	p := device.SerialPort(addr, bare)
	if _, err := p.Read(make([]byte, 1)); !errors.Is(err, device.ErrLost) || !strings.Contains(err.Error(), "panicked") {
		t.Errorf("Read() at file number 1024 = %v, want %v", err, device.ErrLost)
	}
	if err := p.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}
