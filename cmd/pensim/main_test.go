package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"penlog/cmd/internal/simpen"
	"penlog/sim"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"pensim": main,
		// greet tells a pen's control to quit once it is ready, and shows what it saw.
		"greet": func() { os.Exit(greet(os.Args[1:])) },
		// withpen calls pensim as the lines of a file say, while a pen runs.
		"withpen": func() { os.Exit(withPen(os.Args[1])) },
	})
}

func TestScripts(t *testing.T) {
	captures, err := filepath.Abs(filepath.Join("..", "internal", "replay", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: func(e *testscript.Env) error {
		e.Setenv("CAPTURES", captures)
		return nil
	}})
}

// greet runs `pensim pen --control` with the arguments after a list of controls
// and '--', waits for ready, sends the controls, and prints what is observed.
func greet(args []string) int {
	var controls []string
	for i, a := range args {
		if a == "--" {
			args = args[i+1:]
			break
		}
		controls = append(controls, a)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	c := exec.CommandContext(ctx, "pensim", append([]string{"pen", "--control"}, args...)...)
	in, err := c.StdinPipe()
	if err != nil {
		return fail(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return fail(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		return fail(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fmt.Println(lines.Text())
		var o simpen.Observation
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return fail(err)
		}
		if o.See == "ready" {
			_, _ = io.WriteString(in, strings.Join(controls, "\n")+"\n")
			in.Close() // which ends the pen
		}
	}
	if err := c.Wait(); err != nil {
		return fail(err)
	}
	return 0
}

// withPen starts a pen that takes controls, waits until it is ready, and shows
// each line of the file, what pensim prints when called so, and how it ends.
func withPen(file string) int {
	b, err := os.ReadFile(file)
	if err != nil {
		return fail(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), 60*time.Second)
	defer stop()
	pen := exec.CommandContext(ctx, "pensim", "pen", "--listen", "127.0.0.1:0", "--ctl", "ctl", "--ready-file", "pen.json")
	out, err := pen.StdoutPipe()
	if err != nil {
		return fail(err)
	}
	pen.Stderr = os.Stderr
	if err := pen.Start(); err != nil {
		return fail(err)
	}
	seen := bufio.NewReader(out)
	if _, err := seen.ReadString('\n'); err != nil { // ready
		return fail(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, seen)
	}()
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		fmt.Println("$ pensim", line)
		c := exec.CommandContext(ctx, "pensim", strings.Fields(line)...)
		c.Stdout, c.Stderr = os.Stdout, os.Stdout
		if err := c.Run(); err != nil {
			fmt.Println(err)
		}
	}
	<-ended
	if err := pen.Wait(); err != nil {
		return fail(err)
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// TestAnInterruptEndsThePenCleanly runs the program itself: exit code 0, and
// neither link nor ready file left.
func TestAnInterruptEndsThePenCleanly(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// The test binary is pensim when it is called so: testscript.Main above.
	program := filepath.Join(dir, "pensim")
	if err := os.Symlink(exe, program); err != nil {
		t.Fatal(err)
	}
	ready := filepath.Join(dir, "ready.json")
	c := exec.Command(program, "pen", "--listen", "127.0.0.1:0", "--ready-file", ready)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() })
	defer deadline.Stop()
	first, err := bufio.NewReader(out).ReadString('\n') // it is ready
	if err != nil || !strings.Contains(first, "listens at tcp://127.0.0.1:") || !strings.Contains(first, "(simulated)") {
		t.Errorf("first line %q, error %v", first, err)
	}
	if _, err := os.Stat(ready); err != nil {
		t.Error(err)
	}
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	if err := c.Wait(); err != nil {
		t.Errorf("after an interrupt: %v, want exit code 0", err)
	}
	if _, err := os.Stat(ready); !os.IsNotExist(err) {
		t.Errorf("the ready file is still there: %v", err)
	}
}

func TestExitCodesTellWrongUseFromRefusal(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	for _, tt := range []struct {
		args string
		want int
	}{
		{"profiles", 0}, {"pen --help", 0}, {"pen --listen 127.0.0.1:0", 0}, // the context has ended
		{"pen --listen 256.0.0.1:0", 1},
		{"", 2}, {"pne", 2}, {"pen", 2}, {"pen --no-such-flag", 2}, {"pen --profile none --listen x", 2}, {"profiles x", 2},
	} {
		if got := run(ended, strings.Fields(tt.args), strings.NewReader(""), io.Discard, io.Discard); got != tt.want {
			t.Errorf("pensim %s: exit code %d, want %d", tt.args, got, tt.want)
		}
	}
}

func TestProfilesAsJSONHoldEveryProfile(t *testing.T) {
	var out strings.Builder
	if code := run(t.Context(), []string{"profiles", "--json"}, strings.NewReader(""), &out, io.Discard); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	var rows []profileRow
	if err := json.Unmarshal([]byte(out.String()), &rows); err != nil {
		t.Fatal(err)
	}
	all := sim.Profiles()
	if len(rows) != len(all) {
		t.Fatalf("%d rows, want %d", len(rows), len(all))
	}
	for i, r := range rows {
		if r.Name != all[i].Name || !r.Simulated || r.DepthMaxUM != all[i].Identity.DepthMax {
			t.Errorf("row %+v, want %+v", r, all[i])
		}
	}
}
