package suite_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"penlog/cmd/internal/campaign/suite"
)

func TestWhatABarSays(t *testing.T) {
	p := suite.Progress{Many: 1000, Played: 250, Took: 10 * time.Second, Virtual: 36_000 * time.Second}
	bad := p
	bad.Failed, bad.Shrinking = 3, 2
	for _, tt := range []struct {
		name  string
		p     suite.Progress
		width int
		want  string
	}{
		{"wide", p, 100, "[#######.......................] 250 of 1000, 30s left, 3600 times life"},
		{"a size that can't be told", p, 0, "[#######.......................] 250 of 1000, 30s left, 3600 times life"},
		{"narrow", p, 47, "250 of 1000, 30s left, 3600 times life"},
		{"narrower", p, 30, "250 of 1000, 30s left"},
		{"what failed comes first", bad, 32, "250 of 1000, 3 FAILED, 30s left"},
		{"all of it", bad, 100, "[#######.......................] 250 of 1000, 3 FAILED, 30s left, making 2 smaller, 3600 times life"},
		{"nothing fits", p, 5, ""},
		{"done", suite.Progress{Many: 4, Played: 4, Took: time.Second, Virtual: time.Minute}, 100, "[##############################] 4 of 4, 60 times life"},
		{"nothing to do", suite.Progress{}, 100, "[##############################] 0 of 0, 0 times life"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			b := suite.Bar{To: &out, Live: true, Width: func() int { return tt.width }}
			b.Tell(tt.p)
			if got := out.String(); got != "\r"+tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A line never reaches the last column, whatever the width and the figures, and
// covers what stood there before.
func TestABarFits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var out strings.Builder
		width := 80
		b := suite.Bar{To: &out, Live: true, Width: func() int { return width }}
		stood := 0
		for range rapid.IntRange(1, 6).Draw(rt, "times") {
			width = rapid.IntRange(1, 200).Draw(rt, "width")
			many := rapid.IntRange(0, 1_000_000).Draw(rt, "many")
			out.Reset()
			// Played is all, so that each is shown.
			b.Tell(suite.Progress{Many: many, Played: many, Failed: rapid.IntRange(0, many).Draw(rt, "failed"), Took: time.Duration(rapid.Int64Range(0, 1e15).Draw(rt, "took")), Virtual: time.Hour})
			line := strings.TrimPrefix(out.String(), "\r")
			n := utf8.RuneCountInString(line)
			if n > width-1 {
				rt.Fatalf("%d characters on %d columns: %q", n, width, line)
			}
			if n < min(stood, width-1) {
				rt.Fatalf("%q leaves some of the %d characters that stood there", line, stood)
			}
			stood = utf8.RuneCountInString(strings.TrimRight(line, " "))
		}
	})
}

func TestABarIsNotToldTooOften(t *testing.T) {
	for _, tt := range []struct {
		live bool
		want int
	}{
		{true, 601}, // each tenth of a second, the first at once
		{false, 6},  // each ten seconds, the first after ten; then at the end
	} {
		synctest.Test(t, func(t *testing.T) {
			var out strings.Builder
			b := suite.Bar{To: &out, Live: tt.live}
			for i := range 6001 { // a minute, a script each 10 ms
				b.Tell(suite.Progress{Many: 1_000_000, Played: i})
				time.Sleep(10 * time.Millisecond)
			}
			if got := strings.Count(out.String(), " of 1000000"); got != tt.want {
				t.Errorf("live %t: told %d times in a minute, want %d", tt.live, got, tt.want)
			}
			b.Tell(suite.Progress{Many: 5, Played: 5})
			if !strings.Contains(out.String(), "5 of 5") {
				t.Error("the end is not told")
			}
			if !tt.live && strings.ContainsAny(out.String(), "\r#") {
				t.Errorf("what is no terminal gets %q", out.String())
			}
		})
	}
}

func TestABarMakesRoomForLines(t *testing.T) {
	var out strings.Builder
	b := suite.Bar{To: &out, Live: true, Width: func() int { return 40 }}
	b.Clear()
	b.End()
	if out.Len() > 0 {
		t.Errorf("a bar that was never told wrote %q", out.String())
	}
	b.Tell(suite.Progress{Many: 9, Played: 1})
	n := out.Len() - 1
	out.Reset()
	b.Clear()
	if want := "\r" + strings.Repeat(" ", n) + "\r"; out.String() != want {
		t.Errorf("cleared by %q, want %q", out.String(), want)
	}
	out.Reset()
	b.Tell(suite.Progress{Many: 9, Played: 2})
	if !strings.Contains(out.String(), "2 of 9") {
		t.Errorf("after it was cleared it shows %q", out.String())
	}
	out.Reset()
	b.End()
	b.End()
	if out.String() != "\n" {
		t.Errorf("it ends with %q", out.String())
	}
}
