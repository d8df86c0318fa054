package main

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"penlog/cmd/internal/demo"
	"penlog/cmd/internal/simpen"
)

type demoFlags struct {
	seed  uint64
	last  time.Duration
	dir   string
	plain bool
}

func demoCommand() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show a session with a simulated pen, and let you break it",
		Long: `Plays an acne-scar session with a simulated pen and the real agent, each in a
process of its own, and shows what it measures: holds, a stop, what a pen does
without a host, what is left in the record. Nothing real is touched: it has a
folder and ports of its own, and everything is marked SIMULATED.

On a terminal keys let you break it: u pulls the cable, n makes noise, d turns
the dial to 2.5 mm, k kills the agent, space presses start, r confirms, q ends.
On a pipe it plays the cable and the kill by itself, and exits with 1 when
anything was not as it should be.`,
		Example: `  penlog demo
  penlog demo --for 30s --plain`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.last < 0 {
				return usage("--for %v: give a time from now, or leave it out", f.last)
			}
			return runDemo(cmd.Context(), f, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	fl := cmd.Flags()
	fl.Uint64Var(&f.seed, "seed", 1, "seed of all that chance decides at the pen")
	fl.DurationVar(&f.last, "for", 0, "end by then, with as much of the script as fits; 0 takes the time it needs")
	fl.StringVar(&f.dir, "dir", "", "new or empty folder for the record; a temporary one otherwise")
	fl.BoolVar(&f.plain, "plain", false, "plain lines without keys, also on a terminal")
	pen := simpen.Command()
	pen.SetFlagErrorFunc(flagError)
	cmd.AddCommand(onLeash(agentCommand()), onLeash(pen))
	return cmd
}

// onLeash hides a command and ends it when its standard input does: a child of
// the demo can't outlive it, on any system, however it ends. The pen watches its
// input itself, since its controls come from there.
func onLeash(c *cobra.Command) *cobra.Command {
	c.Hidden = true
	if c.Name() == "pen" {
		return c
	}
	work := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		ctx, cancel := context.WithCancel(c.Context())
		defer cancel()
		in := c.InOrStdin()
		go func() { // ends with the input, which may be after the command
			io.Copy(io.Discard, in)
			cancel()
		}()
		c.SetContext(ctx)
		return work(c, args)
	}
	return c
}

func runDemo(ctx context.Context, f demoFlags, stdin io.Reader, stdout io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cfg := demo.Config{
		Self:  demo.Program{Path: self, Name: os.Args[0]},
		Agent: []string{"demo", "agent"}, Pen: []string{"demo", "pen"},
		Dir: f.dir, Seed: f.seed, For: f.last, Out: stdout,
	}
	if !f.plain && isTerminal(stdin) && drawable(stdout) && os.Getenv("TERM") != "dumb" {
		in := stdin.(*os.File)
		old, err := term.MakeRaw(int(in.Fd()))
		if err != nil {
			return err
		}
		defer term.Restore(int(in.Fd()), old)
		keys := make(chan byte)
		go readKeys(ctx, in, keys)
		cfg.Keys, cfg.Live, cfg.Color = keys, true, os.Getenv("NO_COLOR") == ""
		cfg.Out, cfg.Size = demo.NewlineWriter{W: stdout}, func() int { return columns(stdout) }
	}
	return demo.Run(ctx, cfg)
}

// readKeys sends what is typed until the input ends, when it closes keys, or ctx
// is done. A read of a terminal can't be called off: it ends with the program.
func readKeys(ctx context.Context, in io.Reader, keys chan<- byte) {
	defer close(keys)
	var b [16]byte
	for {
		n, err := in.Read(b[:])
		if err != nil {
			return
		}
		for _, k := range b[:n] {
			select {
			case keys <- k:
			case <-ctx.Done():
				return
			}
		}
	}
}
