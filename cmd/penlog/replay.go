package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"penlog/cmd/internal/replay"
)

func replayCommand() *cobra.Command {
	var f replayFlags
	c := &cobra.Command{
		Use:   "replay FILE…",
		Short: "Run captures through the guard and tell what it finds",
		Long: `Runs captures through the guard that runs live, and prints what it finds: which
rules broke and healed, when it would permit, where it would do otherwise than
the program that was recorded, and how the link was. The parts of one capture may
be given together; a damaged or cut file is read as far as it is whole.

With --golden the lines are compared with a file: a difference is printed and the
command fails. --update writes that file anew.

No pen and no record is touched. Captures are made by penlog agent --capture and
penlog session export-capture; device/capture/CAPTURE.md says what is in one.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("name at least one capture to %s", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return f.run(c.Context(), args, c.OutOrStdout()) },
	}
	fl := c.Flags()
	fl.BoolVar(&f.frames, "frames", false, "list each frame that passed, too")
	fl.StringVar(&f.golden, "golden", "", "compare with `FILE`")
	fl.BoolVar(&f.update, "update", false, "write the golden file anew")
	return c
}

// stopped writes until the command is to end.
type stopped struct {
	ctx context.Context
	w   io.Writer
}

// Write writes b, or says that no more is wanted.
func (s stopped) Write(b []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, errors.New("stopped on the way: what is above is of the part that was played")
	}
	return s.w.Write(b)
}

type replayFlags struct {
	frames, update bool
	golden         string
}

func (f *replayFlags) run(ctx context.Context, args []string, stdout io.Writer) error {
	if f.update && f.golden == "" {
		return usage("--update is for --golden FILE: say which file")
	}
	all, err := replay.Load(args)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	out := io.Writer(stopped{ctx, stdout})
	if f.golden != "" {
		out = &text
	}
	for i, c := range all {
		if i > 0 {
			if _, err := io.WriteString(out, "\n"); err != nil {
				return err
			}
		}
		if _, err := replay.Write(out, c, replay.Options{Frames: f.frames}); err != nil {
			return err
		}
	}
	switch {
	case f.golden == "":
		return nil
	case f.update:
		if err := os.WriteFile(f.golden, text.Bytes(), 0o644); err != nil {
			return fmt.Errorf("--golden: %w", err)
		}
		return nil
	}
	want, err := os.ReadFile(f.golden)
	if err != nil {
		return fmt.Errorf("--golden: %w: --update makes it", err)
	}
	diff := replay.Diff(filepath.ToSlash(f.golden), string(want), "this replay", text.String())
	if diff == "" {
		return nil
	}
	if _, err := io.WriteString(stdout, diff); err != nil {
		return err
	}
	return errors.New("the replay differs from its golden: if that was meant, --update takes it over")
}
