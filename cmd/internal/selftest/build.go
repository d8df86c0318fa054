package selftest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// mutantDir is the program that is built with each mutation.
const mutantDir = "./cmd/internal/selftest/mutant"

// ErrNoSource means that the module's source is not there.
var ErrNoSource = errors.New("selftest: the source of Penlog is not here: run this in a clone of it, or name the clone's folder")

// ErrNoGo means that there is no Go toolchain.
var ErrNoGo = errors.New("selftest: there is no Go toolchain: the self-test builds Penlog anew for each mutation; install Go and put it on the PATH")

// bench is where mutations are built: the source, which is only read, a folder for
// what is made, and the toolchain.
type bench struct {
	source, work, gotool string
}

// newBench finds source and toolchain. source may be any folder of the module,
// empty: the present one. Call close at the end.
func newBench(source string) (*bench, error) {
	root, err := moduleRoot(source)
	if err != nil {
		return nil, err
	}
	gotool, err := exec.LookPath("go")
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNoGo, err)
	}
	work, err := os.MkdirTemp("", "penlog-selftest-")
	if err != nil {
		return nil, fmt.Errorf("selftest: make a folder to build in: %w", err)
	}
	return &bench{root, work, gotool}, nil
}

func (b *bench) close() error { return os.RemoveAll(b.work) }

// moduleRoot finds the folder of Penlog's go.mod at or above dir.
func moduleRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("selftest: find the source: %w", err)
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if first, _, _ := bytes.Cut(text, []byte("\n")); err == nil && strings.TrimSpace(string(first)) == "module penlog" {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", ErrNoSource
		}
		dir = up
	}
}

// overlay writes the mutated file and the list by which the compiler takes it in
// place of the source's, and returns the list's name.
func (b *bench) overlay(m *Mutation) (string, error) {
	text, err := b.text(m)
	if err == nil {
		text, err = m.apply(text)
	}
	if err != nil {
		return "", err
	}
	to, list := b.made(m.Name, ".go"), b.made(m.Name, ".json")
	json, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(b.source, filepath.FromSlash(m.File)): to}})
	if err == nil {
		err = os.WriteFile(to, []byte(text), 0o600)
	}
	if err == nil {
		err = os.WriteFile(list, json, 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("selftest: mutation %s: %w", m.Name, err)
	}
	return list, nil
}

// made is the name of a file of the bench's own.
func (b *bench) made(of, kind string) string {
	return filepath.Join(b.work, strings.ReplaceAll(of, "/", ".")+kind)
}

func (b *bench) text(m *Mutation) (string, error) {
	t, err := os.ReadFile(filepath.Join(b.source, filepath.FromSlash(m.File)))
	if err != nil {
		return "", fmt.Errorf("selftest: mutation %s: %w", m.Name, err)
	}
	return string(t), nil
}

// build builds the mutant and returns the program's name; m nil: the source as it is.
func (b *bench) build(ctx context.Context, m *Mutation) (string, error) {
	name, args := "control", []string{"build"}
	if m != nil {
		name = m.Name
		list, err := b.overlay(m)
		if err != nil {
			return "", err
		}
		args = append(args, "-overlay", list)
	}
	out := b.made(name, ".exe")
	args = append(args, "-ldflags=-s -w", "-o", out, mutantDir)
	return out, b.command(ctx, args...)
}

func (b *bench) command(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, b.gotool, args...)
	cmd.Dir, cmd.WaitDelay = b.source, 5*time.Second
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("selftest: go %s: %w: %s", args[0], err, bytes.TrimSpace(out))
	}
	return nil
}
