//go:build linux

package soak

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/simpen"
	"penlog/session"
	"penlog/session/limits"
)

var (
	footprintRuns = flag.Int("footprint.runs", 3, "interleaved pairs of starts")
	footprintFor  = flag.Duration("footprint.for", 5*time.Second, "how long the agent works before it is weighed the second time")
)

// build builds a program as a release would be.
func build(t *testing.T, pkg, name string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-o", exe, pkg).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return exe
}

// started runs a program that names its URL in its first line, and returns the URL
// and the time from its start until /readyz answers.
func started(t *testing.T, cmd *exec.Cmd) (string, time.Duration) {
	t.Helper()
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go lines.WriteTo(io.Discard)
	words := strings.Fields(line)
	u := words[slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "http://") })]
	for end := begun.Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if r, err := http.Get(u + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return u, time.Since(begun)
			}
		}
		if time.Now().After(end) {
			t.Fatal("not ready within a minute")
		}
	}
}

// resident is a process's resident memory in bytes.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("no VmRSS")
	return 0
}

// metric reads one series without labels.
func metric(t *testing.T, url, name string) float64 {
	t.Helper()
	r, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, name+" "); ok {
			x, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
	}
	t.Fatalf("no series %s", name)
	return 0
}

// secretIn reads the secret of an agent from its ready file.
func secretIn(t *testing.T, file string) string {
	t.Helper()
	var f struct{ Secret string }
	for end := time.Now().Add(time.Minute); f.Secret == ""; time.Sleep(time.Millisecond) {
		if b, err := os.ReadFile(file); err == nil {
			if err := json.Unmarshal(b, &f); err != nil {
				t.Fatal(err)
			}
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	return f.Secret
}

// TestFootprint weighs the agent against a minimal program of the same parts,
// in one run. It reports and does not judge.
//
//	go test ./cmd/internal/soak -run Footprint -v -footprint.runs 9 -footprint.for 30m
func TestFootprint(t *testing.T) {
	penlog, minimal := build(t, "penlog/cmd/penlog", "penlog"), build(t, "./testdata/minimal", "minimal")
	p, dev := startPen(t)
	var slower, larger []float64
	var url, key string
	var pid int
	// The usual start finds its record there: the first pair of starts, which
	// creates both databases, is not counted.
	dir := t.TempDir()
	for i := range *footprintRuns + 1 {
		c := exec.Command(minimal, dir)
		_, base := started(t, c)
		baseRSS := resident(t, c.Process.Pid)
		c.Process.Kill()

		ready := filepath.Join(dir, fmt.Sprintf("ready-%d", i))
		a := exec.Command(penlog, "agent", "--port", "serial://"+dev, "--dir", filepath.Join(dir, "record"),
			"--listen", "127.0.0.1:0", "--ready-file", ready)
		u, took := started(t, a)
		url, pid = u, a.Process.Pid
		key = secretIn(t, ready)
		h := &host{t: t, url: u, key: key}
		h.until("guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
		rss := resident(t, pid)
		if i == 0 {
			a.Process.Kill()
			a.Wait()
			continue
		}
		slower, larger = append(slower, float64(took)/float64(base)), append(larger, float64(rss)/float64(baseRSS))
		t.Logf("ready %v against %v; resident %.1f MB against %.1f MB", took.Round(time.Millisecond), base.Round(time.Millisecond), float64(rss)/1e6, float64(baseRSS)/1e6)
		if i < *footprintRuns {
			a.Process.Kill()
			a.Wait()
		}
	}
	slices.Sort(slower)
	slices.Sort(larger)
	n := len(slower)
	t.Logf("over %d pairs: ready ratio median %.2f (%.2f–%.2f); resident with a pen at 200 readings/s ratio median %.2f (%.2f–%.2f)",
		n, slower[n/2], slower[0], slower[n-1], larger[n/2], larger[0], larger[n-1])

	h := &host{t: t, url: url, key: key}
	h.open()
	h.until("guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	h.must(session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Indication: limits.AcneScarRolling})
	p.do(simpen.Control{Do: "dial", UM: 1000})
	p.do(simpen.Control{Do: "press"})
	h.until("press test passed", func(v session.View) bool {
		return slices.ContainsFunc(v.Checks, func(c session.Check) bool { return c.Code == "press_test" && c.OK })
	})
	h.must(session.Command{Do: session.CmdArm})
	h.until("ready", func(v session.View) bool { return v.Ready })
	p.do(simpen.Control{Do: "press"})
	h.until("running", func(v session.View) bool { return v.MotorOn })
	first, begun, alloc := resident(t, pid), time.Now(), metric(t, url, "go_gc_heap_allocs_bytes_total")
	for left := *footprintFor; left > 0; left -= time.Minute {
		time.Sleep(min(left, time.Minute))
		t.Logf("after %v: resident %.1f MB, heap in use %.1f MB", time.Since(begun).Round(time.Second), float64(resident(t, pid))/1e6, metric(t, url, "go_memory_classes_heap_objects_bytes")/1e6)
	}
	garbage := (metric(t, url, "go_gc_heap_allocs_bytes_total") - alloc) / time.Since(begun).Seconds()
	t.Logf("running at 200 readings/s: garbage %.2f MB/s, resident %.1f MB at first and %.1f MB at last, heap with garbage %.1f MB",
		garbage/1e6, float64(first)/1e6, float64(resident(t, pid))/1e6, metric(t, url, "go_memory_classes_heap_objects_bytes")/1e6)
}
