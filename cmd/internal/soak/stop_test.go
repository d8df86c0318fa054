//go:build linux

package soak

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"go.bug.st/serial"
	"golang.org/x/term"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

var (
	stopRuns   = flag.Int("stop.runs", 1, "interleaved pairs of runs of the stop benchmark")
	stopFrames = flag.Int("stop.frames", 3000, "frames in each of its runs, at 1000 a second")
)

// bareMain is what the agent is held against: a loop that reads the port
// through the same library and answers a reading above 1500 µm with a revoke,
// and does nothing else.
func bareMain(dev string) error {
	port, err := serial.Open(dev, &serial.Mode{BaudRate: 115200})
	if err != nil {
		return err
	}
	if err := port.SetReadTimeout(10 * time.Millisecond); err != nil {
		return err
	}
	fmt.Println("bare")
	var d protocol.Decoder
	var f protocol.Frame
	var m protocol.Reading
	buf := make([]byte, 4096)
	revoke := protocol.Revoke{}
	var seq uint16
	for {
		n, err := port.Read(buf)
		if err != nil {
			return nil
		}
		for rest, ok := buf[:n], true; ok; {
			if rest, ok = d.Next(rest, &f); ok && f.Type == protocol.TypeReading && m.Parse(f.Payload) == nil && m.Measured > 1500 {
				seq++
				port.Write(protocol.AppendFrame(nil, protocol.TypeRevoke, seq, revoke.Append(nil)))
			}
		}
	}
}

// bench is the pen's end of the stop benchmark: a pen whose motor and needles
// do exactly what the measurement needs.
type bench struct {
	t      *testing.T
	master *os.File
	slave  *os.File
	pen    *protocol.Pen
	start  time.Time

	mu     sync.Mutex
	in     []byte
	revoke time.Time // when the newest revoke had been read

	out     []byte
	motor   protocol.MotorState
	strokes time.Time
	frames  int
	over    time.Time // when the frame that obliges a stop was written
}

func newBench(t *testing.T) *bench {
	t.Helper()
	m, s, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := term.MakeRaw(int(s.Fd())); err != nil {
		t.Fatal(err)
	}
	id := protocol.Identity{MinVersion: 1, MaxVersion: 1, Boot: 99,
		Caps:     protocol.CapPermits | protocol.CapStop | protocol.CapParks | protocol.CapMeasured | protocol.CapSet | protocol.CapSimulated,
		DepthMin: 250, DepthMax: 2500, DepthStep: 250, Resolution: 10, Accuracy: 50, RateMin: 1000, RateMax: 2000,
		StopMS: 40, ReadingsMin: 20, ReadingsMax: 1000, Vendor: "Bench", Model: "stop", Serial: "1"}
	pen, err := protocol.NewPen(protocol.PenConfig{Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, master: m, slave: s, pen: pen, start: time.Now()}
	b.sense()
	t.Cleanup(func() { m.Close(); s.Close() })
	go b.listen()
	return b
}

// listen takes what the host sends, and notes when a revoke had been read.
func (b *bench) listen() {
	var d protocol.Decoder
	var f protocol.Frame
	buf := make([]byte, 4096)
	for {
		n, err := b.master.Read(buf)
		if err != nil {
			return
		}
		at := time.Now()
		b.mu.Lock()
		b.in = append(b.in, buf[:n]...)
		for rest, ok := buf[:n], true; ok; {
			if rest, ok = d.Next(rest, &f); ok && f.Type == protocol.TypeRevoke && b.revoke.IsZero() {
				b.revoke = at
			}
		}
		b.mu.Unlock()
	}
}

func (b *bench) up() protocol.Uptime {
	return protocol.Uptime(time.Since(b.start)/time.Microsecond) + 1_000_000
}

func (b *bench) sense() {
	b.pen.Sense(b.up(), protocol.Sensors{Set: 1000, Motor: b.motor, StrokeRate: 1000, CurrentMA: protocol.None, Battery: 90})
}

// tick is one millisecond of the pen; deep makes this one's stroke too deep.
func (b *bench) tick(deep bool) {
	now := b.up()
	b.mu.Lock()
	if len(b.in) > 0 {
		b.pen.Receive(b.in, now)
		b.in = b.in[:0]
	}
	b.mu.Unlock()
	was := b.motor
	b.motor = protocol.MotorOff
	if b.pen.MotorOn() {
		b.motor = protocol.MotorRunning
		if deep {
			b.pen.Stroke(now, 1900)
		} else if time.Since(b.strokes) > 10*time.Millisecond {
			b.strokes = time.Now()
			b.pen.Stroke(now, 1000)
		}
	} else if was != protocol.MotorOff {
		b.pen.Cleared(now)
	}
	b.sense()
	b.pen.Advance(now)
	b.out = b.pen.AppendOutput(b.out[:0])
	if len(b.out) == 0 {
		return
	}
	if deep {
		b.mu.Lock()
		b.revoke = time.Time{}
		b.mu.Unlock()
		b.over = time.Now()
	}
	b.write(b.out)
}

func (b *bench) write(p []byte) {
	if _, err := b.master.Write(p); err != nil {
		b.t.Fatal(err)
	}
	b.frames++
}

// revoked returns when the answer to the newest over-limit frame was read.
func (b *bench) revoked() (time.Duration, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.revoke.IsZero() || b.over.IsZero() {
		return 0, false
	}
	return b.revoke.Sub(b.over), true
}

// every calls f each millisecond until it returns false.
func every(f func() bool) {
	next := time.Now()
	for f() {
		next = next.Add(time.Millisecond)
		if d := time.Until(next); d > 0 {
			time.Sleep(d)
		} else {
			next = time.Now()
		}
	}
}

// runBare measures the bare loop: frames as the agent gets them, one in 40 of
// them above the limit.
func runBare(t *testing.T, frames int) []time.Duration {
	b := newBench(t)
	c := child(t, "bare", b.slave.Name())
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { c.Process.Kill(); c.Wait() }()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	var took []time.Duration
	m := protocol.Reading{Set: 1000, Measured: 1000, Peak: 1000, StrokeRate: 1000}
	waiting := false
	every(func() bool {
		if d, ok := b.revoked(); ok && waiting {
			took, waiting = append(took, d), false
		}
		m.Tick, m.Sent, m.Measured = b.up().Tick(), m.Sent+1, 1000
		deep := b.frames%40 == 39 && !waiting
		if deep {
			m.Measured = 1900
			b.mu.Lock()
			b.revoke = time.Time{}
			b.mu.Unlock()
		}
		f := protocol.AppendFrame(b.out[:0], protocol.TypeReading, uint16(m.Sent), m.Append(nil))
		if deep {
			b.over, waiting = time.Now(), true
		}
		b.write(f)
		return b.frames < frames
	})
	return took
}

// runAgent measures the agent: journal, signal, metrics scraped each second and
// the terminal view on. Each over-limit frame is a trip that is acknowledged
// and resumed from.
func runAgent(t *testing.T, frames int, slow bool, clients int) []time.Duration {
	b := newBench(t)
	args := []string{}
	if slow {
		args = append(args, "slow")
	}
	h := startAgent(t, b.slave.Name(), filepath.Join(t.TempDir(), "record"), append(args, "view", "rate=1000")...)
	stop := make(chan struct{})
	var others sync.WaitGroup
	defer others.Wait()
	defer close(stop)
	for range clients {
		others.Go(func() { slowClient(h.url, stop) })
	}
	others.Go(func() { // Prometheus
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if r, err := http.Get(h.url + "/metrics"); err == nil {
					io.Copy(io.Discard, r.Body)
					r.Body.Close()
				}
			}
		}
	})
	asked := make(chan session.Command, 1)
	answered := make(chan error, 1)
	others.Go(func() { // the technician
		for {
			select {
			case <-stop:
				return
			case c := <-asked:
				answered <- h.command(c)
			}
		}
	})
	var took []time.Duration
	plan := append(opening(), session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling}, session.Command{Do: "press"}, session.Command{Do: session.CmdArm})
	busy, ran, waiting := false, 0, false
	began := time.Now()
	every(func() bool {
		deep := false
		select {
		case err := <-answered:
			busy = false
			if err != nil && !strings.Contains(err.Error(), "cause_not_gone") && !strings.Contains(err.Error(), "checks_failed") && !strings.Contains(err.Error(), "wrong_state") {
				t.Error(err)
				return false
			}
			if err == nil {
				plan = plan[1:]
			}
		default:
		}
		switch {
		case waiting:
			if d, ok := b.revoked(); ok {
				took, waiting = append(took, d), false
				plan = []session.Command{{Do: session.CmdAcknowledge}, {Do: session.CmdResume}}
			} else if time.Since(b.over) > 5*time.Second {
				t.Error("no revoke within 5 s of an over-limit frame")
				return false
			}
		case len(plan) > 0 && plan[0].Do == "press":
			if b.pen.Hosted() && time.Since(began) > time.Second {
				b.pen.Press(b.up())
				plan = plan[1:]
			}
		case len(plan) > 0:
			if !busy && (plan[0].Do != session.CmdAcknowledge || !b.pen.MotorOn()) {
				busy = true
				asked <- plan[0]
			}
		case b.pen.PermitLeft() > 0 && !b.pen.MotorOn():
			b.pen.Press(b.up())
			ran = 0
		case b.pen.MotorOn():
			ran++
			if deep = ran > 20; deep {
				waiting = true
			}
		}
		b.tick(deep)
		if deep && b.over.IsZero() {
			waiting = false
		}
		return b.frames < frames && time.Since(began) < 5*time.Minute
	})
	return took
}

func percentile(d []time.Duration, p float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	return d[min(len(d)-1, int(float64(len(d))*p))]
}

// TestStop measures over-limit frame written → revoke read back, at the pen's
// end of a pseudo-terminal, for the agent and the bare loop in turn. It reports
// and does not judge times: a figure is worth what the machine was.
//
//	go test ./cmd/internal/soak -run 'TestStop$' -v -stop.runs 9 -stop.frames 30000
func TestStop(t *testing.T) {
	var all, slowAll, bareAll []time.Duration
	var r50, r99 []float64
	for range *stopRuns {
		bare := runBare(t, *stopFrames)
		agent := runAgent(t, *stopFrames, false, 0)
		slow := runAgent(t, *stopFrames, true, 0)
		for _, d := range [...][]time.Duration{bare, agent, slow} {
			slices.SortFunc(d, cmp.Compare)
			if len(d) == 0 {
				t.Fatal("a run measured nothing")
			}
		}
		r50 = append(r50, float64(percentile(agent, .5))/float64(percentile(bare, .5)))
		r99 = append(r99, float64(percentile(agent, .99))/float64(percentile(bare, .99)))
		t.Logf("bare n=%d p50 %v p99 %v | agent n=%d p50 %v p99 %v | slow disk n=%d p50 %v p99 %v",
			len(bare), percentile(bare, .5), percentile(bare, .99), len(agent), percentile(agent, .5), percentile(agent, .99),
			len(slow), percentile(slow, .5), percentile(slow, .99))
		all, slowAll, bareAll = append(all, agent...), append(slowAll, slow...), append(bareAll, bare...)
	}
	slices.Sort(r50)
	slices.Sort(r99)
	for name, d := range map[string][]time.Duration{"bare": bareAll, "agent": all, "agent on a disk that stalls 200 ms": slowAll} {
		slices.SortFunc(d, cmp.Compare)
		t.Logf("%s: n=%d p50 %v p99 %v p99.9 %v max %v", name, len(d), percentile(d, .5), percentile(d, .99), percentile(d, .999), d[len(d)-1])
	}
	n := len(r50)
	t.Logf("ratio agent/bare over %d pairs: p50 median %.2f (%.2f–%.2f), p99 median %.2f (%.2f–%.2f)", n, r50[n/2], r50[0], r50[n-1], r99[n/2], r99[0], r99[n-1])
}

// slowClient listens to the stream and hardly reads it. Whenever it is dropped it
// comes again.
func slowClient(url string, stop <-chan struct{}) {
	addr := strings.TrimPrefix(url, "http://")
	buf := make([]byte, 64)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.(*net.TCPConn).SetReadBuffer(4096)
			_, err = io.WriteString(c, "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
		}
		for err == nil {
			select {
			case <-stop:
				c.Close()
				return
			case <-tick.C:
				_, err = c.Read(buf)
			}
		}
		if c != nil {
			c.Close()
		}
		select {
		case <-stop:
			return
		case <-tick.C:
		}
	}
}

// TestStopWithSlowClients measures the stop with and without 20 clients of the
// stream that hardly read it, in turn. It reports and does not judge.
//
//	go test ./cmd/internal/soak -run StopWithSlowClients -v -stop.runs 5 -stop.frames 30000
func TestStopWithSlowClients(t *testing.T) {
	var r50, r99 []float64
	for range *stopRuns {
		alone, beside := runAgent(t, *stopFrames, false, 0), runAgent(t, *stopFrames, false, 20)
		if len(alone) == 0 || len(beside) == 0 {
			t.Fatal("a run measured nothing")
		}
		slices.SortFunc(alone, cmp.Compare)
		slices.SortFunc(beside, cmp.Compare)
		r50 = append(r50, float64(percentile(beside, .5))/float64(percentile(alone, .5)))
		r99 = append(r99, float64(percentile(beside, .99))/float64(percentile(alone, .99)))
		t.Logf("alone n=%d p50 %v p99 %v | beside 20 slow clients n=%d p50 %v p99 %v", len(alone), percentile(alone, .5), percentile(alone, .99),
			len(beside), percentile(beside, .5), percentile(beside, .99))
	}
	slices.Sort(r50)
	slices.Sort(r99)
	n := len(r50)
	t.Logf("ratio beside/alone over %d pairs: p50 median %.2f (%.2f–%.2f), p99 median %.2f (%.2f–%.2f)", n, r50[n/2], r50[0], r50[n-1], r99[n/2], r99[0], r99[n-1])
}
