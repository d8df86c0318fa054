// Command penlog keeps an electric microneedling pen inside its depth limit and
// leaves a record. `penlog help` lists what it can do.
//
// It exits with 0 when it did what was asked, 1 when that was refused or
// failed, and 2 when the command line was wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	// A double-click on Windows runs the program like a shell does.
	cobra.MousetrapHelpText = ""
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// The first signal asks for a clean end, the second ends at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // refused or failed
	exitUsage  = 2
)

// commands are the program's commands, in the order of its help. A new one is
// one line here and a file of its own.
func commands() []*cobra.Command {
	return []*cobra.Command{
		agentCommand(),
		cartridgesCommand(),
		clinicCommand(),
		demoCommand(),
		labelsCommand(),
		limitsCommand(),
		policyCommand(),
		portsCommand(),
		replayCommand(),
		sessionCommand(),
	}
}

// run carries out one command line. Commands take their streams and their
// context from cobra, and never from package os.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := group("penlog", "Keep a microneedling pen inside its depth limit, and leave a record",
		"Penlog reads an electric microneedling pen over USB serial, keeps it inside the\n"+
			"depth that indication and skin zone allow, and leaves a record.\n\n"+
			"Penlog is not cleared as a medical device.", commands()...)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetArgs(append([]string{}, args...)) // nil would mean os.Args
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(flagError)
	began := false
	watch(root, &began)

	at, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	var wrong *usageError
	// What fails before a command begins is cobra's reading of the line.
	if !began && !errors.As(err, &wrong) {
		err = usage("%w", err)
	}
	if errors.As(err, &wrong) {
		fmt.Fprintf(stderr, "penlog: %v\nRun '%s --help' for its usage.\n", err, at.CommandPath())
		return exitUsage
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	fmt.Fprintf(stderr, "penlog: %v\n", err)
	return exitFailed
}

// watch notes when a command below c begins to run.
func watch(c *cobra.Command, began *bool) {
	if work := c.RunE; work != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*began = true
			return work(c, args)
		}
	}
	for _, sub := range c.Commands() {
		watch(sub, began)
	}
}
