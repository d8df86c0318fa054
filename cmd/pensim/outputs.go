package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/report"
	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"

	"context"
)

// outputs are the files that a report is written to.
type outputs struct{ json, junit, html string }

func (o *outputs) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.json, "json", "", "write the report to `FILE` as JSON; - for standard output")
	c.Flags().StringVar(&o.junit, "junit", "", "write it to `FILE` as JUnit XML")
	c.Flags().StringVar(&o.html, "html", "", "write it to `FILE` as one HTML page, with plots of what failed")
}

// words is where what is for people goes: standard output, unless a report goes there.
func (o *outputs) words(out, errs io.Writer) io.Writer {
	if o.json == "-" || o.junit == "-" || o.html == "-" {
		return errs
	}
	return out
}

// check refuses what can't be written later: nobody waits an hour for that.
func (o *outputs) check() error {
	seen := map[string]string{}
	for _, f := range [...][2]string{{"--json", o.json}, {"--junit", o.junit}, {"--html", o.html}} {
		if f[1] == "" {
			continue
		}
		if other := seen[filepath.Clean(f[1])]; other != "" {
			return usagef("%s and %s are the same file %q: give each its own", other, f[0], f[1])
		}
		seen[filepath.Clean(f[1])] = f[0]
		if f[1] == "-" {
			continue
		}
		if fi, err := os.Stat(f[1]); err == nil && !fi.Mode().IsRegular() {
			return fmt.Errorf("%s: %s is no file: give the name of one", f[0], f[1])
		}
		probe, err := os.CreateTemp(filepath.Dir(f[1]), "."+filepath.Base(f[1])+".*")
		if err != nil {
			return fmt.Errorf("%s: nothing can be written to the folder %s: %w", f[0], filepath.Dir(f[1]), plainPath(err))
		}
		probe.Close()
		os.Remove(probe.Name())
	}
	return nil
}

// plainPath leaves out of an error the name of a file that nobody gave.
func plainPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// write writes what was asked for; a file is there whole or not at all.
func (o *outputs) write(r *report.Report, out io.Writer) error {
	var errs []error
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{{o.json, r.JSON}, {o.junit, r.JUnit}, {o.html, r.HTML}} {
		switch f.name {
		case "":
		case "-":
			errs = append(errs, f.write(out))
		default:
			errs = append(errs, writeWhole(f.name, f.write))
		}
	}
	return errors.Join(errs...)
}

func writeWhole(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("%s could not be written: %w", path, plainPath(err))
	}
	err = write(f)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("%s could not be written: %w", path, plainPath(err))
	}
	return nil
}

// failedFile is where the names of those that failed last are kept.
func failedFile() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for what failed last: %w", err)
	}
	return filepath.Join(dir, "penlog", "pensim-failed.json"), nil
}

// lastFailed returns the names of those that failed last; nil when none did.
func lastFailed() ([]string, error) {
	path, err := failedFile()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var names []string
	if err == nil {
		err = json.Unmarshal(data, &names)
	}
	if err != nil {
		return nil, fmt.Errorf("what failed last can't be read: %w; run without --last-failed once", err)
	}
	if len(names) == 0 {
		return nil, nil
	}
	return names, nil
}

// keepFailed notes which failed, for --last-failed. Those that failed before and
// that a run which was stopped did not come to stay.
func keepFailed(r *report.Report) error {
	path, err := failedFile()
	if err != nil {
		return err
	}
	names, played := []string{}, map[string]bool{}
	for _, c := range r.Cases {
		played[c.Name] = true
		if !c.OK && !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	if r.Played < r.Planned {
		before, _ := lastFailed() // what can't be read is written anew
		for _, name := range before {
			if !played[name] {
				names = append(names, name)
			}
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return writeWhole(path, func(w io.Writer) error { return json.NewEncoder(w).Encode(names) })
}

// verbose shows what happens while a script is played.
func verbose(play func(context.Context, *script.Script, campaign.Options) (campaign.Result, error), out io.Writer) func(context.Context, *script.Script, campaign.Options) (campaign.Result, error) {
	if play == nil {
		play = func(ctx context.Context, s *script.Script, o campaign.Options) (campaign.Result, error) {
			return campaign.Play(s, o), ctx.Err()
		}
	}
	return func(ctx context.Context, s *script.Script, o campaign.Options) (campaign.Result, error) {
		if !o.Plot { // it is played once more for its plot, and was shown
			fmt.Fprintf(out, "%s\n", s.YAML())
			o.Trace = func(at protocol.Instant, what string) { fmt.Fprintf(out, "%11.6f  %s\n", float64(at)/1e6-1, what) }
		}
		return play(ctx, s, o)
	}
}
