package main

import (
	"bytes"
	"context"
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write what the scripts print into them")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"penlog": main})
}

// TestScript uses the program as a person does. Beside testscript's commands
// there are:
//
//	record WHAT DIR     write a session into a data folder; see records
//	exits CODE ARGS…    run penlog and expect this exit code
//	cut FILE BYTES      cut a file off
//	flip FILE OLD NEW   change bytes of a file behind the program's back
//	json QUERY WANT     look up "a.b.0.c" in standard output as JSON
//	pc NAME DIR         make up a PC with ports, for --root; see pcs
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("TZ", "UTC")
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			e.Setenv("LocalAppData", filepath.Join(e.WorkDir, "state"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"record": scriptRecord, "exits": scriptExits, "flip": scriptFlip, "cut": scriptCut, "json": scriptJSON, "waitfor": scriptWaitFor, "pc": scriptPC,
		},
	})
}

// penlog runs one command line in this process.
func penlog(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestEveryCommandHasWordsAndRefusesWhatIsTooMuch(t *testing.T) {
	var walk func(path []string, c *cobra.Command)
	walk = func(path []string, c *cobra.Command) {
		path = append(path[:len(path):len(path)], c.Name())
		name := strings.Join(path, " ")
		if c.Short == "" {
			t.Errorf("%s says nothing about itself", name)
		}
		code, out, errs := penlog(t, append(path[:len(path):len(path)], "--help")...)
		if code != 0 || errs != "" || !strings.Contains(out, "Usage:") {
			t.Errorf("%s --help: exit code %d, %s", name, code, errs)
		}
		code, out, errs = penlog(t, append(path[:len(path):len(path)], "--no-such-flag")...)
		if code != exitUsage || out != "" || !strings.HasPrefix(errs, "penlog: unknown flag: --no-such-flag") || !strings.Contains(errs, "--help") {
			t.Errorf("%s --no-such-flag: exit code %d, stdout %q, stderr %q", name, code, out, errs)
		}
		code, _, errs = penlog(t, append(path[:len(path):len(path)], "a", "b", "c", "d")...)
		if files := name == "replay"; !files && code != exitUsage || strings.Count(errs, "penlog: ") != 1 { // of files there may be any number
			t.Errorf("%s a b c d: exit code %d, %q", name, code, errs)
		}
		for _, sub := range c.Commands() {
			walk(path, sub)
		}
	}
	for _, c := range commands() {
		walk(nil, c)
	}
}

func TestNothingToDoShowsHelp(t *testing.T) {
	code, out, errs := penlog(t)
	if code != exitDone || errs != "" || !strings.Contains(out, "not cleared as a medical device") {
		t.Errorf("penlog alone: exit code %d, stdout %q, stderr %q", code, out, errs)
	}
}

func TestInterruptedIsOneLine(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if err := writeSession(filepath.Join(dir, "data"), "treatment"); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := run(ctx, []string{"session", "list", "--dir", filepath.Join(dir, "data")}, strings.NewReader(""), &out, &errs)
	if code != exitFailed || errs.String() != "penlog: interrupted\n" {
		t.Errorf("exit code %d, stderr %q", code, errs.String())
	}
}
