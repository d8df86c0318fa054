// Package paths says where Penlog keeps its record when nobody names a folder.
// The agent writes there and the other commands read there, so that they meet.
// It knows nothing of what lies inside.
package paths

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// DefaultDir returns this user's data folder:
//
//	Linux, BSD  $XDG_STATE_HOME/penlog, or ~/.local/state/penlog
//	Windows     %LocalAppData%\Penlog
//	macOS       ~/Library/Application Support/Penlog
//
// It makes nothing. It is "" for a user without a home: then a folder has to be
// named.
func DefaultDir() string {
	dir, _ := defaultDir(runtime.GOOS, os.Getenv, os.UserHomeDir)
	return dir
}

// MakeDefaultDir returns [DefaultDir] after making the folders above it, this
// user's alone. The data folder itself is the store's to make. The error says
// what to do.
func MakeDefaultDir() (string, error) {
	dir, err := defaultDir(runtime.GOOS, os.Getenv, os.UserHomeDir)
	if err != nil {
		return "", fmt.Errorf("no data folder for this user (%w): name one with --dir", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	return dir, nil
}

func defaultDir(goos string, env func(string) string, home func() (string, error)) (string, error) {
	if goos == "windows" {
		local := env("LocalAppData")
		if local == "" {
			return "", errors.New("%LocalAppData% is not set")
		}
		return filepath.Join(local, "Penlog"), nil
	}
	// The XDG rule: a path that is not absolute counts as none.
	if state := env("XDG_STATE_HOME"); goos != "darwin" && filepath.IsAbs(state) {
		return filepath.Join(state, "penlog"), nil
	}
	at, err := home()
	if err != nil {
		return "", err
	}
	if goos == "darwin" {
		return filepath.Join(at, "Library", "Application Support", "Penlog"), nil
	}
	return filepath.Join(at, ".local", "state", "penlog"), nil
}
