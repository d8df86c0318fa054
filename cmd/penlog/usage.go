package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"penlog/protocol"
	"penlog/session/limits/strictyaml"
)

// usageError is a command line that can't be meant: exit code 2.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usage makes an error about the command line.
func usage(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// group makes a command that only holds others.
func group(name, short, long string, subs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: name, Short: short, Long: long, Args: cobra.ArbitraryArgs}
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 && !c.HasParent() {
			return c.Help()
		}
		var names []string
		for _, s := range c.Commands() {
			if s.IsAvailableCommand() {
				names = append(names, s.Name())
			}
		}
		switch list := strings.Join(names, ", "); {
		case len(args) == 0:
			return usage("%s needs a command: %s", c.CommandPath(), list)
		default:
			if near := strictyaml.Nearest(args[0], names); near != "" {
				return usage("unknown command %q for %s: did you mean %q?", args[0], c.CommandPath(), near)
			}
			return usage("unknown command %q for %s: there are %s", args[0], c.CommandPath(), list)
		}
	}
	c.AddCommand(subs...)
	return c
}

// flagError names the flag that was most likely meant.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := strictyaml.Nearest(unknown.GetSpecifiedName(), names); near != "" {
			return usage("%w: did you mean --%s?", err, near)
		}
	}
	return usage("%w", err)
}

// exactly is cobra.ExactArgs in the field's words.
func exactly(what ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) > len(what):
			return usage("%q is too much for %s", args[len(what)], c.CommandPath())
		case len(args) < len(what):
			return usage("%s is missing", what[len(args)])
		}
		return nil
	}
}

// depthFlag is a needle depth in whole micrometres, above zero when it is given.
type depthFlag protocol.Micrometres

func (d *depthFlag) String() string {
	if *d == 0 {
		return ""
	}
	return strconv.Itoa(int(*d))
}

func (d *depthFlag) Type() string { return "µm" }

func (d *depthFlag) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n <= 0 || n >= 100_000 {
		return errors.New("a depth is a whole number of micrometres above zero, e.g. 1200")
	}
	*d = depthFlag(n)
	return nil
}

// depth defines a depth flag on c.
func depth(c *cobra.Command, name, help string) *depthFlag {
	d := new(depthFlag)
	c.Flags().Var(d, name, help)
	return d
}

// printed writes what for people, without the blanks that tables leave at the
// ends of lines, and fails when it could not be written.
func printed(w io.Writer, what func(io.Writer)) error {
	var b bytes.Buffer
	what(&b)
	var out bytes.Buffer
	for line := range bytes.Lines(b.Bytes()) {
		out.Write(bytes.TrimRight(line, " \n"))
		out.WriteByte('\n')
	}
	_, err := w.Write(out.Bytes())
	return err
}

// printJSON writes v as people and programs read it.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// mm gives a depth as people read it, with a third decimal where the second
// would round: a limit must never read higher than it is.
func mm(d protocol.Micrometres) string {
	if d%10 == 0 {
		return strings.TrimSuffix(d.MM(), " mm")
	}
	return fmt.Sprintf("%d.%03d", d/1000, d%1000)
}

// short cuts a hash for people.
func short(hash string) string { return hash[:min(len(hash), 12)] }
