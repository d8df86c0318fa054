package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"penlog/session"
	"penlog/store"
)

// demoProcess starts `penlog demo` as a process: this test binary under the name
// that TestMain knows.
func demoProcess(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), "penlog", append([]string{"demo"}, args...)...)
	c.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	return c
}

var processes = regexp.MustCompile(`process (\d+)`)

// wantGone waits until none of the demo's processes is left.
func wantGone(t *testing.T, out string, least int) {
	t.Helper()
	found := processes.FindAllStringSubmatch(out, -1)
	if len(found) < least {
		t.Errorf("the output names %d processes, want %d:\n%s", len(found), least, out)
	}
	for _, m := range found {
		pid, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		for limit := time.Now().Add(30 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(limit) {
				t.Errorf("process %d is still there:\n%s", pid, out)
				break
			}
		}
	}
}

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}

// The demo to its end, as CI runs it: its lines, its exit code, its record.
func TestDemoToItsEnd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	c := demoProcess(t, "--seed", "7", "--dir", dir)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("penlog demo: %v\n%s%s", err, out.String(), errs.String())
	}
	text := out.String()
	at := 0
	for _, want := range []string{
		`SIMULATED: a simulated pen, a real agent, a real record \(seed 7\)`,
		`✓ the agent took the pen as simulated`,
		`✓ the pen stayed still: no permit, 0 strokes`,
		`max depth 1\.50 mm`,
		`the screen says: Turn the dial to 0\.75 mm\. It is at 1\.50 mm`,
		`✓ a hold, not a trip`,
		`✓ Refused: periorbital is not offered for acne scars`,
		`» over-limit reading → needles stopped: [\d.]+ ms; overshoot \d\.\d\d mm; strokes after: \d+`,
		`✓ STOPPED: 1\.75 mm, with max depth 1\.50 mm`,
		`✓ acknowledging too early is refused: the dial is at 2\.50 mm`,
		`» the pen stopped by itself: permit died \d+ ms after the newest one arrived, needles clear \d+ ms later`,
		`✓ the session came back paused`,
		`kill -9`,
		`» the pen stopped by itself: permit died \d+ ms`,
		`✓ nothing acknowledged was lost: 1\d events of commands`,
		`✓ the session came back paused`,
		`SIMULATED: completed`,
		`✓ record verified: 1 session, \d+ events, \d+ chunks of signal`,
		`✓ the record says that it is simulated`,
		`✓ the motor was under power without a permit for 0 ms`,
		`penlog session show last --dir `,
		`✓ everything went as it should: 13 expectations`,
	} {
		m := regexp.MustCompile(want).FindStringIndex(text[at:])
		if m == nil {
			t.Fatalf("no %q where it should be in:\n%s", want, text)
		}
		at += m[1]
	}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "SIM ") {
			t.Errorf("a line without the mark of the simulation: %q", line)
		}
	}
	own := regexp.MustCompile(`the agent's own figures: bytes read → stop handed to the port [\d.]+ (ms|µs); stop → motor off in telemetry [\d.]+ (ms|µs)`)
	if strings.Contains(text, "by the agent's stop") && !own.MatchString(text) {
		t.Errorf("the agent stopped the pen, and its figures are not there:\n%s", text)
	}
	wantAsInREADME(t, text)
	wantGone(t, text, 3)
	wantDemoRecord(t, dir)
	code, shown, _ := penlog(t, "session", "show", "last", "--dir", dir)
	if code != exitDone || !strings.Contains(strings.ToUpper(shown), "SIMULATED") {
		t.Errorf("session show: exit code %d\n%s", code, shown)
	}
}

// wantAsInREADME compares what the demo said with the README's transcript, figures
// apart: each line shown there was said, in that order, and no scene is missing.
func wantAsInREADME(t *testing.T, text string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := transcripts(string(b), "demo --")
	if len(all) != 1 {
		t.Fatalf("the README has %d transcripts of the demo", len(all))
	}
	figures := regexp.MustCompile(`[0-9][0-9a-f.-]*( (ms|µs))?|/\S*/record|at serial:\S+`)
	plain := func(line string) string {
		return strings.Join(strings.Fields(figures.ReplaceAllString(line, "#")), " ")
	}
	var said, scenes []string
	for line := range strings.Lines(text) {
		said = append(said, plain(line))
		if strings.Contains(line, "▸") {
			scenes = append(scenes, plain(line))
		}
	}
	at, shown := 0, 0
	for _, line := range all[0].lines {
		if strings.Contains(line, "▸") {
			if shown >= len(scenes) || scenes[shown] != plain(line) {
				t.Errorf("README's scene %q is not the demo's; its scenes are %q", line, scenes)
			}
			shown++
		}
		i := slices.Index(said[at:], plain(line))
		if i < 0 {
			t.Errorf("README shows %q, which the demo does not say there:\n%s", line, strings.Join(said, "\n"))
			continue
		}
		at += i + 1
	}
	if shown != len(scenes) {
		t.Errorf("README shows %d scenes of %d", shown, len(scenes))
	}
}

// wantDemoRecord reads the record with the store alone, not by the demo's word.
func wantDemoRecord(t *testing.T, dir string) {
	t.Helper()
	r, err := store.OpenReader(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.VerifyAll(t.Context()); err != nil {
		t.Error(err)
	}
	list, err := r.Sessions(t.Context(), 0, 10)
	if err != nil || len(list) != 1 || !list[0].Simulated {
		t.Fatalf("sessions %+v, %v; want one, simulated", list, err)
	}
	records, err := r.Records(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for i := range records {
		e, _, err := session.DecodeEvent(&records[i])
		if err != nil {
			t.Fatal(err)
		}
		count[e.Kind()]++
		switch e := e.(type) {
		case session.RuleBroke:
			count[e.Response.String()]++
			if e.Response == session.Trip && e.Rule != session.DepthAboveCeiling {
				t.Errorf("a trip by %v, which the script does not provoke", e.Rule)
			}
		case session.PausedEvent:
			count[e.Why]++
		case session.ZoneRefused:
			if e.Verdict.Words() != "Refused: periorbital is not offered for acne scars (rolling)" {
				t.Errorf("refused with %q", e.Verdict.Words())
			}
		case session.Ended:
			if e.As != session.Completed || e.Totals.Trips != uint64(count["trip"]) {
				t.Errorf("ended %v with %d trips, want completed with %d", e.As, e.Totals.Trips, count["trip"])
			}
		}
	}
	for kind, least := range map[string]int{"trip": 1, "hold": 1, "zone_refused": 1, "press_tested": 1, "acknowledged": 1,
		"agent restarted": 1, "link lost": 1, "stop_seen": 1, "ended": 1} {
		if count[kind] < least {
			t.Errorf("%d × %s in the record, want at least %d", count[kind], kind, least)
		}
	}
}

// However the demo ends, its children end with it.
func TestDemoLeavesNoProcess(t *testing.T) {
	for _, tt := range []struct {
		name  string
		clean bool
		end   func(*os.Process) error
	}{
		{"interrupted", true, func(p *os.Process) error { return p.Signal(os.Interrupt) }},
		{"killed", false, (*os.Process).Kill},
	} {
		if tt.clean && runtime.GOOS == "windows" {
			continue // no interrupt can be sent to another process there
		}
		t.Run(tt.name, func(t *testing.T) {
			c := demoProcess(t)
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			c.Stdout = w
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			w.Close()
			var text strings.Builder
			lines := bufio.NewReader(io.TeeReader(r, &text))
			for {
				line, err := lines.ReadString('\n')
				if err != nil {
					t.Fatalf("it ended early: %v\n%s", err, text.String())
				}
				if strings.Contains(line, "the needles run") {
					break
				}
			}
			if err := tt.end(c.Process); err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, lines)
			err = c.Wait()
			wantGone(t, text.String(), 2)
			if !tt.clean {
				var exit *exec.ExitError
				if !errors.As(err, &exit) {
					t.Errorf("killed, and it ended with %v", err)
				}
				return
			}
			if err != nil || !strings.Contains(text.String(), "SIMULATED: aborted") || !strings.Contains(text.String(), "✓ record verified") {
				t.Errorf("interrupted: %v\n%s", err, text.String())
			}
		})
	}
}

// A short time cuts the script, and nothing else.
func TestDemoEndsByItsTime(t *testing.T) {
	c := demoProcess(t, "--for", "1500ms", "--plain")
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "not shown, since it ended early: ") {
		t.Errorf("%v\n%s", err, out)
	}
	wantGone(t, string(out), 0)
}

func TestDemoRefusesAFolderThatHoldsSomething(t *testing.T) {
	dir := t.TempDir()
	if err := writeSession(dir, "treatment"); err != nil {
		t.Fatal(err)
	}
	code, _, errs := penlog(t, "demo", "--dir", dir)
	if code != exitFailed || !strings.Contains(errs, "is not empty") {
		t.Errorf("exit code %d, %q", code, errs)
	}
	if code, _, errs = penlog(t, "demo", "--for", "-1s"); code != exitUsage {
		t.Errorf("--for -1s: exit code %d, %q", code, errs)
	}
}
