package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

// A log that nobody reads holds up neither who logs nor the end.
func TestLogThatBlocksHoldsNobodyUp(t *testing.T) {
	r, w := io.Pipe()
	l := newPatientLog(w)
	for range 3 * logQueue {
		if _, err := l.Write([]byte("line\n")); err != nil {
			t.Fatal(err)
		}
	}
	if n := l.dropped.Load(); n < logQueue {
		t.Errorf("%d lines dropped, want those that found the queue full", n)
	}
	l.end(time.Millisecond)
	r.Close() // what hangs ends
	<-l.done
}

func TestLogWritesWhatWasQueuedBeforeTheEnd(t *testing.T) {
	var b bytes.Buffer
	l := newPatientLog(&b)
	for range 100 {
		l.Write([]byte("line\n"))
	}
	l.end(time.Minute)
	<-l.done
	if n := strings.Count(b.String(), "line\n"); n != 100 || l.dropped.Load() != 0 {
		t.Errorf("%d lines written, %d dropped", n, l.dropped.Load())
	}
}
