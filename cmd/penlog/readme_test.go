package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// transcript is one command of the README with the lines shown below it.
type transcript struct {
	command string
	lines   []string
}

// transcripts finds the commands of this program in the README's console
// blocks that begin with prefix.
func transcripts(readme string, prefixes ...string) []transcript {
	var out []transcript
	in, mine := false, false
	for _, line := range strings.Split(readme, "\n") {
		switch {
		case !in:
			in, mine = line == "```console", false
		case line == "```":
			in = false
		case strings.HasPrefix(line, "$ "):
			mine = false
			for _, p := range prefixes {
				if strings.HasPrefix(line, "$ go run ./cmd/penlog "+p) {
					mine = true
					out = append(out, transcript{command: strings.TrimPrefix(line, "$ go run ./cmd/penlog ")})
				}
			}
		case mine:
			out[len(out)-1].lines = append(out[len(out)-1].lines, line)
		}
	}
	return out
}

// matches compares output with what the README shows; a line … stands for any
// number of lines.
func matches(shown, got []string) bool {
	if len(shown) == 0 {
		return len(got) == 0
	}
	if shown[0] == "…" {
		for i := range len(got) + 1 {
			if matches(shown[1:], got[i:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && got[0] == shown[0] && matches(shown[1:], got[1:])
}

func TestREADMEShowsWhatTheProgramPrints(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := transcripts(string(b), "limits ", "session ")
	if len(all) < 4 {
		t.Fatalf("the README has %d transcripts of limits and session", len(all))
	}
	here := time.Local
	time.Local = time.UTC
	defer func() { time.Local = here }()
	t.Chdir(t.TempDir())
	if err := writeSession("room1", "readme"); err != nil {
		t.Fatal(err)
	}
	for _, tr := range all {
		code, out, errs := penlog(t, strings.Fields(tr.command)...)
		got := out + errs
		if code != 0 { // as go run says it
			got += fmt.Sprintf("exit status %d\n", code)
		}
		if !matches(tr.lines, strings.Split(strings.TrimSuffix(got, "\n"), "\n")) {
			t.Errorf("README shows for penlog %s:\n%s\n\nbut it prints:\n%s", tr.command, strings.Join(tr.lines, "\n"), got)
		}
	}
}

// Every file and folder that the README names in its map and links is there.
func TestREADMELinksLeadSomewhere(t *testing.T) {
	root := filepath.Join("..", "..")
	b, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for rest := string(b); ; n++ {
		_, after, found := strings.Cut(rest, "](")
		if !found {
			break
		}
		link, tail, _ := strings.Cut(after, ")")
		rest = tail
		if strings.Contains(link, "://") || strings.HasPrefix(link, "#") {
			continue
		}
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(link))); err != nil {
			t.Errorf("README links %s: %v", link, err)
		}
	}
	if n < 5 {
		t.Errorf("README has %d links", n)
	}
}
