package device_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"penlog/device"
)

// inhibitor puts a systemd-inhibit of our own first in the PATH.
func inhibitor(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if script != "" {
		if err := os.WriteFile(filepath.Join(dir, "systemd-inhibit"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
		dir += ":" + os.Getenv("PATH")
	}
	t.Setenv("PATH", dir)
}

func TestSleepIsInhibitedUntilReleased(t *testing.T) {
	held := filepath.Join(t.TempDir(), "held")
	t.Setenv("HELD", held)
	inhibitor(t, `
for last; do :; done
printf '%s\n' "$@" >"$HELD"
"$last"
rm "$HELD"
`)
	release, err := device.InhibitSleep("a session is running")
	if err != nil {
		t.Fatal(err)
	}
	args, err := os.ReadFile(held)
	if err != nil || !strings.Contains(string(args), "--what=sleep:idle\n") || !strings.Contains(string(args), "--why=a session is running\n") {
		t.Errorf("the lock was asked for with %q, %v", args, err)
	}
	release()
	if _, err := os.Stat(held); err == nil {
		t.Error("the lock is held after its release")
	}
	release() // again, harmless
}

func TestSleepThatCannotBeInhibitedIsSaid(t *testing.T) {
	for _, tt := range []struct{ name, script, want string }{
		{"not installed", "", "not installed"},
		{"refused", "echo 'Failed to inhibit: Access denied' >&2; exit 1", "Access denied"},
		{"no answer", "exec sleep 60", "does not answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inhibitor(t, tt.script)
			begin := time.Now()
			release, err := device.InhibitSleep("test")
			if release != nil || !errors.Is(err, device.ErrInhibit) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("InhibitSleep() = %v, want %v with %q", err, device.ErrInhibit, tt.want)
			}
			if took := time.Since(begin); took > 4*time.Second {
				t.Errorf("it took %v to say so", took)
			}
		})
	}
}
