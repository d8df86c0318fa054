package paths_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"penlog/cmd/internal/paths"
)

func TestDefaultDir(t *testing.T) {
	home := func() (string, error) { return filepath.FromSlash("/home/ada"), nil }
	none := func() (string, error) { return "", errors.New("no home") }
	for _, tt := range []struct {
		name, goos string
		env        map[string]string
		home       func() (string, error)
		want       string // "": an error
	}{
		{"linux", "linux", nil, home, "/home/ada/.local/state/penlog"},
		{"linux, XDG", "linux", map[string]string{"XDG_STATE_HOME": "/var/ada"}, home, "/var/ada/penlog"},
		{"linux, XDG relative", "linux", map[string]string{"XDG_STATE_HOME": "state"}, home, "/home/ada/.local/state/penlog"},
		{"linux, XDG, no home", "linux", map[string]string{"XDG_STATE_HOME": "/var/ada"}, none, "/var/ada/penlog"},
		{"linux, no home", "linux", nil, none, ""},
		{"macOS", "darwin", map[string]string{"XDG_STATE_HOME": "/var/ada"}, home, "/home/ada/Library/Application Support/Penlog"},
		{"windows", "windows", map[string]string{"LocalAppData": "/users/ada/local"}, home, "/users/ada/local/Penlog"},
		{"windows, not set", "windows", nil, home, ""},
	} {
		if filepath.Separator != '/' && tt.env["XDG_STATE_HOME"] != "" {
			continue // only absolute where it is at home
		}
		t.Run(tt.name, func(t *testing.T) {
			got, err := paths.DefaultDirOf(tt.goos, func(k string) string { return tt.env[k] }, tt.home)
			if got != filepath.FromSlash(tt.want) || (err != nil) != (tt.want == "") {
				t.Errorf("DefaultDir() = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestMakeDefaultDirLeavesTheFolderItselfToTheStore(t *testing.T) {
	home := t.TempDir()
	for _, v := range []string{"HOME", "XDG_STATE_HOME", "LocalAppData"} {
		t.Setenv(v, filepath.Join(home, "a", "b"))
	}
	dir, err := paths.MakeDefaultDir()
	if err != nil {
		t.Fatal(err)
	}
	if fi, err := os.Stat(filepath.Dir(dir)); err != nil || !fi.IsDir() {
		t.Errorf("the folder above %s: %v", dir, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s itself: %v, want that it does not exist", dir, err)
	}
}
