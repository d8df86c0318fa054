//go:build unix

package device_test

import (
	"context"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"go.bug.st/serial"

	"penlog/device"
)

// BenchmarkRoundTrip is what a stop costs on its way through this package: a frame
// written at the pen's end until the answer is read there. It is held against a
// bare loop of Read and Write on the same serial library, in interleaved turns,
// each on a pseudo-terminal of its own; frames come every 1 ms.
func BenchmarkRoundTrip(b *testing.B) {
	const turn = 500
	barePen, stopBare := bareLoop(b)
	linePen, stopLine := answeringLine(b)
	var bare, line []time.Duration
	for b.Loop() {
		bare = append(bare, roundTrips(b, barePen, turn)...)
		line = append(line, roundTrips(b, linePen, turn)...)
	}
	stopBare()
	stopLine()
	slices.Sort(bare)
	slices.Sort(line)
	at := func(d []time.Duration, q float64) float64 {
		return float64(d[int(q*float64(len(d)-1))].Microseconds())
	}
	b.ReportMetric(at(bare, 0.5), "bare-p50-µs")
	b.ReportMetric(at(line, 0.5), "line-p50-µs")
	b.ReportMetric(at(line, 0.5)/at(bare, 0.5), "p50-ratio")
	b.ReportMetric(at(line, 0.99)/at(bare, 0.99), "p99-ratio")
	b.ReportMetric(at(bare, 0.999), "bare-p99.9-µs")
	b.ReportMetric(at(line, 0.999), "line-p99.9-µs")
	b.ReportMetric(0, "ns/op")
}

const frameSize = 64

// roundTrips sends n frames and times each answer.
func roundTrips(b *testing.B, pen *os.File, n int) []time.Duration {
	frame, answer := make([]byte, frameSize), make([]byte, frameSize)
	took := make([]time.Duration, n)
	for i := range took {
		time.Sleep(time.Millisecond)
		begin := time.Now()
		if _, err := pen.Write(frame); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(pen, answer); err != nil {
			b.Fatal(err)
		}
		took[i] = time.Since(begin)
	}
	return took
}

// bareLoop is the least that can answer.
func bareLoop(b *testing.B) (pen *os.File, stop func()) {
	pen, slave, _ := openPTY(b)
	port, err := serial.Open(slave.Name(), &serial.Mode{BaudRate: 115200})
	if err != nil {
		b.Fatal(err)
	}
	if err := port.SetReadTimeout(device.ReadTimeout); err != nil {
		b.Fatal(err)
	}
	end := make(chan struct{})
	go func() {
		defer close(end)
		buf := make([]byte, 1024)
		for {
			n, err := port.Read(buf)
			if err != nil {
				return
			}
			if n > 0 {
				port.Write(buf[:n])
			}
		}
	}()
	return pen, func() { pen.Close(); <-end; port.Close() }
}

// answeringLine answers through a line's reader, mailbox and writer.
func answeringLine(b *testing.B) (pen *os.File, stop func()) {
	pen, _, addr := openPTY(b)
	l := device.NewLine(open(b, addr))
	ctx, cancel := context.WithCancel(context.Background())
	end := make(chan error, 1)
	go func() {
		end <- l.Run(ctx, stepper(func(frame []byte, _ bool) {
			if len(frame) > 0 {
				l.Out().PutRevoke(frame)
			}
		}))
	}()
	return pen, func() {
		cancel()
		if err := <-end; err != nil {
			b.Error(err)
		}
	}
}
