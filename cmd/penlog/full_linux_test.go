package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A writer that fails must not look like success.
func TestOutputThatCantBeWrittenIsAFailure(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	dir := filepath.Join(t.TempDir(), "data")
	if err := writeSession(dir, "treatment"); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"limits", "show"}, {"limits", "show", "--json"},
		{"ports", "--udev"}, {"ports"}, {"ports", "--json"},
		{"limits", "ask", "--zone", "cheek", "--indication", "striae"},
		{"limits", "ask", "--zone", "cheek", "--indication", "acne-scars"},
		{"session", "list", "--dir", dir}, {"session", "show", "last", "--dir", dir}, {"session", "show", "last", "--json", "--dir", dir},
	} {
		var errs bytes.Buffer
		if code := run(t.Context(), args, strings.NewReader(""), full, &errs); code != exitFailed {
			t.Errorf("penlog %s > /dev/full: exit code %d, %s", strings.Join(args, " "), code, errs.String())
		}
	}
}
