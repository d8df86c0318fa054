package devicetest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"penlog/device"
)

// TestPort checks that ports made by open keep the contract of [device.Port].
// open returns a new port and the far end of its line; closing the far end is
// what unplugging is to a cable.
func TestPort(t *testing.T, open func(t *testing.T) (*device.Port, io.ReadWriteCloser)) {
	run := func(name string, test func(t *testing.T, p *device.Port, far io.ReadWriteCloser)) {
		t.Run(name, func(t *testing.T) {
			p, far := open(t)
			t.Cleanup(func() { p.Close(); far.Close() })
			test(t, p, far)
		})
	}
	run("a silent line times out, and never with a nil error", testTimeout)
	run("what is sent is read", testData)
	run("a write is whole", testWrite)
	run("writes of several goroutines do not mix", testWriters)
	run("setting the speed does not disturb a reader", testBaud)
	run("an impossible speed leaves the port alone", testBadBaud)
	run("close while reading ends the read as closed by us", testCloseReading)
	run("after close nothing goes out", testAfterClose)
	run("a vanished peer is a lost link, and stays lost", testVanish)
	run("a peer that vanishes while being written to is a lost link", testVanishWriting)
}

func testTimeout(t *testing.T, p *device.Port, _ io.ReadWriteCloser) {
	for range 5 {
		begin := time.Now()
		n, err := p.Read(make([]byte, 64))
		if n != 0 || err != os.ErrDeadlineExceeded {
			t.Fatalf("Read() on a silent line = %d, %v, want 0, %v", n, err, os.ErrDeadlineExceeded)
		}
		if took := time.Since(begin); took < device.ReadTimeout/2 {
			t.Errorf("Read() gave up after %v, want about %v", took, device.ReadTimeout)
		}
	}
	if _, err := p.Read(nil); err == nil {
		t.Errorf("Read(nil) = nil error: a caller could spin on it")
	}
}

// readAll reads from p until want bytes are there.
func readAll(p *device.Port, want int) ([]byte, error) {
	var got []byte
	buf := make([]byte, 1024)
	for len(got) < want {
		n, err := p.Read(buf)
		if err != nil && err != os.ErrDeadlineExceeded {
			return got, err
		}
		got = append(got, buf[:n]...)
	}
	return got, nil
}

// binary is every byte value: a line that is not raw changes some of them.
func binary(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func testData(t *testing.T, p *device.Port, far io.ReadWriteCloser) {
	want := binary(3000)
	go far.Write(want)
	if got, err := readAll(p, len(want)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %d bytes, %v, want the %d that were sent", len(got), err, len(want))
	}
}

func testWrite(t *testing.T, p *device.Port, far io.ReadWriteCloser) {
	want := binary(20000) // more than any kernel buffer of a terminal
	wrote := make(chan error, 1)
	go func() { _, err := p.Write(want); wrote <- err }()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(far, got); err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; err != nil {
		t.Errorf("Write() = %v", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("what arrived is not what was written")
	}
}

func testWriters(t *testing.T, p *device.Port, far io.ReadWriteCloser) {
	const writers, frames, size = 4, 50, 100
	var wg sync.WaitGroup
	for id := range writers {
		wg.Go(func() {
			for range frames {
				if _, err := p.Write(bytes.Repeat([]byte{byte('a' + id)}, size)); err != nil {
					t.Errorf("Write() = %v", err)
				}
			}
		})
	}
	got := make([]byte, writers*frames*size)
	if _, err := io.ReadFull(far, got); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	for frame := got; len(frame) > 0; frame = frame[size:] {
		if !bytes.Equal(frame[:size], bytes.Repeat(frame[:1], size)) {
			t.Fatalf("a frame came apart: %q", frame[:size])
		}
	}
}

func testBaud(t *testing.T, p *device.Port, far io.ReadWriteCloser) {
	want := binary(100)
	got := make(chan []byte, 1)
	go func() { b, _ := readAll(p, len(want)); got <- b }()
	for _, baud := range []int{57600, 921600, 115200} {
		if err := p.SetBaud(baud); err != nil {
			t.Errorf("SetBaud(%d) = %v", baud, err)
		}
	}
	far.Write(want)
	if b := <-got; !bytes.Equal(b, want) {
		t.Errorf("read % x after the speed was set, want % x", b, want)
	}
}

func testBadBaud(t *testing.T, p *device.Port, far io.ReadWriteCloser) {
	for _, baud := range []int{-1, 0, 1 << 30} {
		if err := p.SetBaud(baud); !errors.Is(err, device.ErrBaud) {
			t.Errorf("SetBaud(%d) = %v, want %v", baud, err, device.ErrBaud)
		}
	}
	testData(t, p, far)
}

func testCloseReading(t *testing.T, p *device.Port, _ io.ReadWriteCloser) {
	ended, begun := make(chan error, 1), make(chan struct{}, 1)
	go func() {
		buf := make([]byte, 64)
		for {
			_, err := p.Read(buf)
			if err != os.ErrDeadlineExceeded {
				ended <- err
				return
			}
			select {
			case begun <- struct{}{}:
			default:
			}
		}
	}()
	<-begun
	if err := p.Close(); err != nil {
		t.Errorf("Close() while reading = %v", err)
	}
	if err := <-ended; err != device.ErrClosed {
		t.Errorf("Read() during Close = %v, want %v", err, device.ErrClosed)
	}
}

func testAfterClose(t *testing.T, p *device.Port, _ io.ReadWriteCloser) {
	if err := p.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	if n, err := p.Write([]byte("x")); n != 0 || err != device.ErrClosed {
		t.Errorf("Write() after Close = %d, %v, want 0, %v", n, err, device.ErrClosed)
	}
	if n, err := p.Read(make([]byte, 1)); n != 0 || err != device.ErrClosed {
		t.Errorf("Read() after Close = %d, %v, want 0, %v", n, err, device.ErrClosed)
	}
	if err := p.SetBaud(115200); err != device.ErrClosed {
		t.Errorf("SetBaud() after Close = %v, want %v", err, device.ErrClosed)
	}
	if err := p.Close(); err != nil {
		t.Errorf("Close() again = %v", err)
	}
}

func testVanish(t *testing.T, p *device.Port, far io.ReadWriteCloser) {
	far.Close()
	_, err := readAll(p, 1)
	lost, ok := errors.AsType[*device.LostError](err)
	if !ok || !errors.Is(err, device.ErrLost) {
		t.Fatalf("Read() after the peer vanished = %v, want a LostError", err)
	}
	if lost.Addr != p.Addr() || lost.Detail == "" {
		t.Errorf("LostError = %+v, want the address and what the system said", lost)
	}
	if _, again := p.Read(make([]byte, 1)); again != err {
		t.Errorf("Read() once more = %v, want the same %v", again, err)
	}
	if n, err := p.Write([]byte("x")); n != 0 || !errors.Is(err, device.ErrLost) {
		t.Errorf("Write() on a lost link = %d, %v, want 0, %v", n, err, device.ErrLost)
	}
	if err := p.Close(); err != nil {
		t.Errorf("Close() of a lost port = %v", err)
	}
}

func testVanishWriting(t *testing.T, p *device.Port, far io.ReadWriteCloser) {
	go func() {
		io.ReadFull(far, make([]byte, 100))
		far.Close()
	}()
	for {
		if _, err := p.Write(binary(100)); err != nil {
			if !errors.Is(err, device.ErrLost) {
				t.Errorf("Write() to a vanishing peer = %v, want %v", err, device.ErrLost)
			}
			return
		}
	}
}
