package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// A replay that is asked to end says so, and that not all was played.
func TestReplayStopsWithWords(t *testing.T) {
	all, err := filepath.Glob("../internal/replay/testdata/*.pencap")
	if err != nil || len(all) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out bytes.Buffer
	if err := (&replayFlags{}).run(ctx, all[:1], &out); err == nil || !strings.Contains(err.Error(), "stopped on the way") {
		t.Errorf("run() = %v after %q", err, out.String())
	}
	if err := (&replayFlags{}).run(t.Context(), all[:1], &out); err != nil || out.Len() == 0 {
		t.Errorf("run() = %v, %d bytes", err, out.Len())
	}
}
