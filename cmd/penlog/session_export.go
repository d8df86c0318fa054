package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"penlog/cmd/internal/captures"
	"penlog/cmd/internal/release"
	"penlog/device/capture"
	"penlog/session"
	"penlog/store"
)

func sessionExportCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "export-capture ID",
		Short: "Make a capture from a recorded session, with nobody in it",
		Long: `Makes a capture from the readings, the pen's events and the guard's orders of a
recorded session, for penlog replay and pensim replay. No patient, person, zone
or text of the record is in it, and the pen's serial number is replaced.

What the record does not hold, the greeting of the pen and the frames of the
host, is made up so that the guard sees what it saw; the capture says so of itself.
ID is an id from penlog session list, the beginning of one, or last.`,
		Args: exactly("the session"),
	}
	open := dirFlag(c)
	c.Flags().StringVarP(&out, "out", "o", "", "`FILE` to make; - for the standard output (default: a name with the time and a random id, here)")
	c.RunE = func(c *cobra.Command, args []string) error {
		r, err := open(c.Context())
		if err != nil {
			return err
		}
		defer r.Close()
		return exportCapture(c.Context(), r, args[0], out, c.OutOrStdout())
	}
	return c
}

func exportCapture(ctx context.Context, r *store.Reader, name, out string, stdout io.Writer) error {
	in, err := findSession(ctx, r, name)
	if err != nil {
		return err
	}
	s, err := stored(ctx, r, in.ID)
	if err != nil {
		return err
	}
	cfg := captures.ExportConfig{Software: "penlog " + release.Version()}
	rand.Read(cfg.ID[:])
	rand.Read(cfg.Key[:])
	file, err := captures.Export(s, cfg)
	if err != nil {
		return fmt.Errorf("session %v: %w", in.ID, err)
	}
	if out == "-" {
		_, err := stdout.Write(file)
		return err
	}
	if out == "" {
		h := capture.Header{ID: cfg.ID, Part: 1, Begun: int64(in.OpenedAt)}
		out = h.FileName()
	}
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: name another file, or remove it", out)
	}
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	_, err = f.Write(file)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(out)
		return fmt.Errorf("--out: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "%s: %d bytes, %d records and %d chunks of signal of the session\n", out, len(file), len(s.Records), len(s.Chunks))
	return err
}

// stored reads a session's journal and signal. One that was altered is no evidence
// of anything.
func stored(ctx context.Context, r *store.Reader, id session.ID) (captures.Stored, error) {
	var s captures.Stored
	wrap := func(err error) error {
		if errors.Is(err, session.ErrChain) {
			return fmt.Errorf("%w: no capture is made of a record that was altered", err)
		}
		return err
	}
	records, err := r.Records(ctx, id)
	if err != nil {
		return s, wrap(err)
	}
	s.Records = records
	for chunk, err := range r.Chunks(ctx, id) {
		if err != nil {
			return s, wrap(err)
		}
		s.Chunks = append(s.Chunks, chunk)
	}
	return s, nil
}
