package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
)

func limitsCommand() *cobra.Command {
	return group("limits", "Show, check and ask the depth limits",
		"The depth limits of zone and indication: the built-in table, or a clinic's own file.",
		limitsShowCommand(), limitsCheckCommand(), limitsAskCommand())
}

// tableFlag defines --file on c and returns what loads the table it names.
func tableFlag(c *cobra.Command) func() (*limits.Table, error) {
	file := c.Flags().String("file", "", "limits `FILE` of the clinic instead of the built-in table (- reads standard input)")
	return func() (*limits.Table, error) {
		if *file == "" {
			if c.Flags().Changed("file") {
				return nil, usage("--file names no file")
			}
			return limits.Default(), nil
		}
		return loadTable(c.InOrStdin(), *file)
	}
}

// loadTable reads a limits file; a file that is refused gives a [limits.FileError].
func loadTable(stdin io.Reader, file string) (*limits.Table, error) {
	return loadNamed(stdin, "limits", file, limits.Load)
}

// loadNamed reads a clinic's file, or standard input for -. A file that is refused
// gives a [strictyaml.Error].
func loadNamed[T any](stdin io.Reader, what, file string, load func(string, []byte) (T, error)) (T, error) {
	var none T
	in, name := stdin, "standard input"
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return none, fmt.Errorf("%s file: %w", what, err)
		}
		defer f.Close()
		in, name = f, filepath.Base(file)
	}
	// One byte more than is allowed, so that too long a file is told so.
	data, err := io.ReadAll(io.LimitReader(in, strictyaml.MaxSize+1))
	if err != nil {
		return none, fmt.Errorf("%s file: %w", what, err)
	}
	return load(name, data)
}

// refusedFile words a file that can't be used as the end of a command.
func refusedFile(stderr io.Writer, err error) error {
	var bad *limits.FileError
	if !errors.As(err, &bad) {
		return err
	}
	fmt.Fprintln(stderr, bad)
	n := len(bad.Problems) + bad.Omitted
	problems := "1 problem"
	if n != 1 {
		problems = fmt.Sprintf("%d problems", n)
	}
	return fmt.Errorf("%s has %s: nothing of it is used", bad.Problems[0].File, problems)
}

// zoneOf reads a zone as people type it; a word that is none is wrong usage.
func zoneOf(word string) (limits.Zone, error) {
	z, err := limits.ParseZone(word)
	if err != nil {
		return 0, unknownWord(err, codes(limits.AllZones()))
	}
	return z, nil
}

func indicationsOf(word string) ([]limits.Indication, error) {
	i, err := limits.ParseIndicationGroup(word)
	if err != nil {
		return nil, unknownWord(err, append(codes(limits.AllIndications()), "acne_scars (its three kinds)"))
	}
	return i, nil
}

// unknownWord lists what there is when no word is near to what was given.
func unknownWord(err error, all []string) error {
	if u := (*limits.UnknownError)(nil); errors.As(err, &u) && u.Nearest == "" {
		return usage("%w: there are %s", err, strings.Join(all, ", "))
	}
	return usage("%w", err)
}

func codes[E fmt.Stringer](all []E) []string {
	var out []string
	for _, e := range all {
		out = append(out, e.String())
	}
	return out
}
