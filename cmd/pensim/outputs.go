package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

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
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	err = write(f)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("report: %w", err)
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

// keepFailed notes which failed, for --last-failed.
func keepFailed(r *report.Report) error {
	path, err := failedFile()
	if err != nil {
		return err
	}
	names := []string{}
	for _, c := range r.Cases {
		if !c.OK && (len(names) == 0 || names[len(names)-1] != c.Name) {
			names = append(names, c.Name)
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
		play = func(_ context.Context, s *script.Script, o campaign.Options) (campaign.Result, error) {
			return campaign.Play(s, o), nil
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
