package main

import (
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// logQueue is how many lines wait for a log that is slow; more are dropped.
const logQueue = 256

// patientLog writes to a log that may block, a paused terminal or a full pipe,
// without ever holding up who logs: the port's reader and the record's writer do.
type patientLog struct {
	lines   chan []byte
	dropped atomic.Uint64
	ending  chan struct{}
	done    chan struct{}
}

func newPatientLog(w io.Writer) *patientLog {
	l := &patientLog{lines: make(chan []byte, logQueue), ending: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		for {
			select {
			case b := <-l.lines:
				w.Write(b)
				continue
			default:
			}
			select {
			case b := <-l.lines:
				w.Write(b)
			case <-l.ending:
				return
			}
		}
	}()
	return l
}

// Write queues a copy of b, or drops it.
func (l *patientLog) Write(b []byte) (int, error) {
	select {
	case l.lines <- append([]byte(nil), b...):
	default:
		l.dropped.Add(1)
	}
	return len(b), nil
}

// end waits for what is queued to be written, but not for long. Call it once,
// when nobody logs any more.
func (l *patientLog) end(most time.Duration) {
	close(l.ending)
	select {
	case <-l.done:
	case <-time.After(most):
	}
}

// lateFile is a file that is opened for appending when it is first written to.
// What can't be written is dropped: it is a log, not the record.
type lateFile struct {
	path string
	once sync.Once
	file *os.File
}

func (l *lateFile) Write(p []byte) (int, error) {
	l.once.Do(func() { l.file, _ = os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) })
	if l.file != nil {
		l.file.Write(p)
	}
	return len(p), nil
}
