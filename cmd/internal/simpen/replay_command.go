package simpen

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"penlog/cmd/internal/replay"
)

// ReplayCommand returns the command that plays a capture: `pensim replay`. Errors
// wrap [ErrUsage] when the call was wrong.
func ReplayCommand() *cobra.Command {
	var cfg ReplayConfig
	speed := "1"
	c := &cobra.Command{
		Use:   "replay FILE…",
		Short: "Play the pen's side of a capture on a pseudo-terminal",
		Long: `Plays what a recorded pen said on a pseudo-terminal, where a host opens it as any
pen, and tells at the end what this host sent against what the recorded one did.

The recorded pen answers the host at hand: the numbers of the session are put in
its frames, questions for the time are answered, and where the recorded host said
hello the capture stands still until this one does. It does not obey: what the host
stops goes on as it was recorded. --verbatim plays the very bytes instead, for
pens that never listen and for other programs.

Captures are made by penlog agent --capture and penlog session export-capture. At
another --speed than 1 the pen's clock does not fit: a host that compares clocks,
as Penlog does, takes it for one that jumps.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("%w: name the capture's files", ErrUsage)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if cfg.PTY == "" {
				return fmt.Errorf("%w: give --pty PATH, where the pen is to be found", ErrUsage)
			}
			if cfg.Speed = 0; speed != "max" {
				v, err := strconv.ParseFloat(speed, 64)
				if err != nil || !(v >= 0.01 && v <= 10_000) {
					return fmt.Errorf("%w: --speed %s: want 0.01 to 10000, or max", ErrUsage, speed)
				}
				cfg.Speed = v
			}
			all, err := replay.Load(args)
			if err != nil {
				return err
			}
			if len(all) != 1 {
				return fmt.Errorf("%w: these files are of %d captures: name the parts of one", ErrUsage, len(all))
			}
			cfg.Capture = all[0]
			out := c.OutOrStdout()
			for _, p := range cfg.Capture.Problems {
				fmt.Fprintf(out, "! %s\n", p)
			}
			cfg.Ready = func(m Ready) { fmt.Fprintf(out, "the recorded pen is at %s\n", m.Listens) }
			if cfg.ReadyFile != "" {
				defer os.Remove(cfg.ReadyFile)
			}
			rep, err := Replay(c.Context(), cfg)
			if errors.Is(err, context.Canceled) {
				err = nil // somebody has seen enough
			}
			return errors.Join(err, rep.Write(out))
		},
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", ErrUsage, err) })
	fs := c.Flags()
	fs.StringVar(&cfg.PTY, "pty", "", "make `PATH` a link to the pen's terminal; '-' for no link")
	fs.StringVar(&speed, "speed", "1", "how many times as fast, or max")
	fs.BoolVar(&cfg.Verbatim, "verbatim", false, "play the recorded bytes as they are")
	fs.StringVar(&cfg.ReadyFile, "ready-file", "", "write where the pen is found to `FILE`, as JSON")
	return c
}
