package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// The ready file holds the secret: nobody else reads it, whatever lay there before.
func TestReadyFileIsForNobodyElse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "room.json")
	for _, name := range []string{path, path + ".tmp"} { // as another user may have left them
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.Open(path + ".tmp")
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	if err := writeReady(path, readyFile{Secret: "s"}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if was, err := before.Stat(); err != nil || was.Size() != 0 {
		t.Errorf("%d bytes went into a file that others opened", was.Size())
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 2 {
		t.Errorf("left behind: %q", left)
	}
	if err := writeReady(filepath.Join(dir, "none", "room.json"), readyFile{}); err == nil {
		t.Error("a folder that is not there is no error")
	}
}
