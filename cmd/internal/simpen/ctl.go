package simpen

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// ErrRefused is wrapped by errors in which the pen says no, or nobody answers.
var ErrRefused = errors.New("refused")

// CtlCommand returns `pensim ctl`, which works a pen that `pensim pen --ctl` offers.
func CtlCommand() *cobra.Command {
	var f ctlFlags
	c := &cobra.Command{
		Use:   "ctl [--pen FILE | --at ADDR] CONTROL",
		Short: "Work a simulated pen that runs, and let things go wrong with it",
		Long: `Work a simulated pen that runs, and let things go wrong with it.

The pen was started with --ctl. It is found by its ready file or by the address
given there. Controls:

` + sentenceHelp() + `
A fault is written NAME [AMOUNT] [up|down|both] [for TIME]; the flags say the same.
A pen that does not do it says why.`,
		Example: `  pensim pen --pty /tmp/pen --ctl /tmp/pen.ctl --ready-file /tmp/pen.json
  pensim ctl --pen /tmp/pen.json dial 1.25mm
  pensim ctl --pen /tmp/pen.json fault stuck-sensor
  pensim ctl --at /tmp/pen.ctl line-noise 1000 up for 2s
  pensim ctl list line`,
		SilenceUsage:       true,
		SilenceErrors:      true,
		DisableFlagParsing: true, // -300 is an amount
		RunE: func(c *cobra.Command, args []string) error {
			words, help, err := f.parse(c, args)
			switch {
			case err != nil:
				return fmt.Errorf("%w: %w", ErrUsage, err)
			case help:
				return c.Help()
			}
			return f.run(words, c.OutOrStdout())
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.pen, "pen", "", "the pen of this ready `FILE`, as pensim pen --ready-file wrote it")
	fs.StringVar(&f.at, "at", "", "the pen that takes controls at `ADDR`, as given to pensim pen --ctl")
	fs.StringVar(&f.way, "direction", "", "of a fault of the line: up (pen to host), down or both")
	fs.DurationVar(&f.last, "for", 0, "clear the fault after so long")
	fs.StringVar(&f.text, "serial", "", "of other-pen: the serial number of the pen that comes back")
	fs.BoolVar(&f.json, "json", false, "print what the pen answers, or the list, as JSON")
	return c
}

func sentenceHelp() string {
	var b strings.Builder
	for _, s := range sentences {
		fmt.Fprintf(&b, "  %-30s %s\n", strings.TrimSpace(s.verb+" "+s.takes), s.about)
	}
	return b.String()
}

type ctlFlags struct {
	pen, at, way, text string
	last               time.Duration
	json               bool
}

// negative is an amount, not a flag.
var negative = regexp.MustCompile(`^-[0-9]`)

// parse takes the flags out of args.
func (f *ctlFlags) parse(c *cobra.Command, args []string) (words []string, help bool, err error) {
	const mark = "\x00"
	given := make([]string, len(args))
	for i, a := range args {
		if given[i] = a; negative.MatchString(a) {
			given[i] = mark + a
		}
	}
	if err := c.Flags().Parse(given); err != nil {
		return nil, false, fmt.Errorf("%s", strings.ReplaceAll(err.Error(), mark, ""))
	}
	if help, _ = c.Flags().GetBool("help"); help {
		return nil, true, nil
	}
	for _, w := range c.Flags().Args() {
		words = append(words, strings.TrimPrefix(w, mark))
	}
	if f.pen != "" && f.at != "" {
		return nil, false, errors.New("give --pen or --at, one of them")
	}
	if len(words) == 0 {
		return nil, false, errors.New("say what to do: pensim ctl --help lists the controls")
	}
	return words, false, nil
}

func (f *ctlFlags) run(words []string, out io.Writer) error {
	if words[0] == "list" {
		if err := f.list(words[1:], out); err != nil {
			return fmt.Errorf("%w: %w", ErrUsage, err)
		}
		return nil
	}
	ctl, err := ParseWords(words)
	if err == nil {
		err = f.fill(&ctl)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	at, err := f.address()
	if err != nil {
		return err
	}
	o, err := Ask(at, ctl)
	if err != nil {
		return err
	}
	if f.json {
		if err := json.NewEncoder(out).Encode(o); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	switch {
	case o.See == "refused":
		return fmt.Errorf("%w: %s: %s", ErrRefused, ctl.Do, o.Why)
	case f.json:
	case o.State != nil:
		fmt.Fprintln(out, status(o.State))
		fmt.Fprintln(out, standing(o.State))
	case ctl.Do == "fault":
		fault, _ := ctl.fault() // checked
		fmt.Fprintln(out, "done:", fault)
	default:
		fmt.Fprintln(out, "done:", strings.Join(words, " "))
	}
	return nil
}

// fill adds what the flags say of a fault.
func (f *ctlFlags) fill(c *Control) error {
	if f.way == "" && f.last == 0 && f.text == "" {
		return nil
	}
	if c.Do != "fault" {
		return fmt.Errorf("--direction, --for and --serial are of faults, and %s is none", c.Do)
	}
	if f.last < 0 || f.last > 0 && f.last < time.Millisecond {
		return fmt.Errorf("--for is %v, want 1ms or more", f.last)
	}
	if f.way != "" {
		c.Direction = f.way
	}
	if f.last > 0 {
		c.MS = f.last.Milliseconds()
	}
	if f.text != "" {
		c.Text = f.text
	}
	return c.Check()
}

// address says where the pen takes controls.
func (f *ctlFlags) address() (string, error) {
	switch {
	case f.at != "":
		return f.at, nil
	case f.pen == "":
		return "", fmt.Errorf("%w: say which pen: --pen FILE, its ready file, or --at ADDR, as given to pensim pen --ctl", ErrUsage)
	}
	b, err := readSmall(f.pen)
	if err != nil {
		return "", fmt.Errorf("%w: no pen: %w: is it still running?", ErrRefused, err)
	}
	var m Ready
	if err := json.Unmarshal(b, &m); err != nil || m.Listens == "" {
		return "", fmt.Errorf("%w: %s is no ready file of pensim pen", ErrRefused, f.pen)
	}
	if m.Control == "" {
		return "", fmt.Errorf("%w: that pen takes no controls: start it with --ctl PATH", ErrRefused)
	}
	return m.Control, nil
}

// readSmall reads a file of no more than 64 KiB.
func readSmall(path string) ([]byte, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, 64<<10))
}

// Ask gives a control to the pen that takes them at an address, as in
// [Ready.Control] or as given to pensim pen --ctl, and returns its answer. The
// error wraps [ErrRefused].
func Ask(at string, c Control) (Observation, error) {
	var o Observation
	network, addr := "unix", at
	switch {
	case strings.HasPrefix(at, "unix://"):
		addr = strings.TrimPrefix(at, "unix://")
	case strings.HasPrefix(at, "tcp://"):
		network, addr = "tcp", strings.TrimPrefix(at, "tcp://")
	case !strings.ContainsAny(at, `/\`):
		if _, _, err := net.SplitHostPort(at); err == nil {
			network = "tcp"
		}
	}
	const patience = 5 * time.Second
	l, err := net.DialTimeout(network, addr, patience)
	if err != nil {
		return o, fmt.Errorf("%w: nobody answers at %s: is the pen still running? (%w)", ErrRefused, at, err)
	}
	defer l.Close()
	_ = l.SetDeadline(time.Now().Add(patience))
	b, err := json.Marshal(c)
	if err != nil {
		return o, err
	}
	if _, err := l.Write(append(b, '\n')); err != nil {
		return o, fmt.Errorf("%w: %s takes no controls: %w", ErrRefused, at, err)
	}
	line, err := bufio.NewReader(io.LimitReader(l, 1<<20)).ReadBytes('\n')
	if err != nil {
		return o, fmt.Errorf("%w: %s does not answer: %w", ErrRefused, at, err)
	}
	if err := json.Unmarshal(line, &o); err != nil || o.See == "" {
		return o, fmt.Errorf("%w: what answers at %s is no simulated pen", ErrRefused, at)
	}
	return o, nil
}

// standing says which faults are in force.
func standing(s *State) string {
	if len(s.Faults) == 0 {
		return "no fault is in force"
	}
	return "faults in force: " + strings.Join(s.Faults, ", ")
}
