// Command pensim is the QA program: virtual pens to run Penlog against.
//
//	pensim pen --pty /tmp/pen        a simulated pen on a pseudo-terminal
//	pensim ctl --at PATH CONTROL     work one that runs, and let things go wrong with it
//	pensim profiles                  which pens there are
//	pensim run                       play scenarios, and judge them
//	pensim campaign                  play a procedure for each of many seeds, and judge each
//	pensim replay FILE --pty PATH    a recorded pen
//
// It ends with 0 when it is done, 1 when something was refused or failed, and 2
// when it was called wrongly. Ctrl-C ends what runs, and it says what was done; a
// second one ends it at once.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"penlog/cmd/internal/simpen"
)

func main() {
	ctx, stop := context.WithCancel(context.Background())
	told := make(chan os.Signal, 2)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-told // what runs ends, and says what was done
		stop()
		<-told // it has to end at once
		os.Exit(exitAtOnce)
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// exitAtOnce is the exit code after a second interrupt, as shells have it.
const exitAtOnce = 130

// run is the program without its surroundings.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := command()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case onlyFailed(err): // it was said what
		return 1
	case errors.Is(err, simpen.ErrUsage), errors.Is(err, simpen.ErrConfig):
		fmt.Fprintf(stderr, "pensim: %v\nRun 'pensim --help' for what there is.\n", err)
		return 2
	}
	fmt.Fprintf(stderr, "pensim: %v\n", err)
	return 1
}

// onlyFailed reports whether all that err tells is that something failed.
func onlyFailed(err error) bool {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(many.Unwrap(), func(e error) bool { return !onlyFailed(e) })
	}
	return err == errFailed
}

func command() *cobra.Command {
	cobra.MousetrapHelpText = "" // else it waits and refuses when started by a click
	usage := func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", simpen.ErrUsage, err) }
	root := &cobra.Command{
		Use:               "pensim",
		Short:             "Simulated microneedling pens, to test Penlog with",
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: no command %q: there are pen, ctl, profiles, run, campaign and replay", simpen.ErrUsage, args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if err := c.Help(); err != nil {
				return err
			}
			return fmt.Errorf("%w: say what to do", simpen.ErrUsage)
		},
	}
	root.SetFlagErrorFunc(usage)
	root.AddCommand(simpen.Command(), simpen.CtlCommand(), simpen.ReplayCommand(), profiles(), runCommand(), campaignCommand())
	return root
}
