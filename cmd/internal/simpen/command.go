package simpen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"penlog/protocol"
	"penlog/sim"
)

// ErrUsage is wrapped by errors that come from how the command was called.
var ErrUsage = errors.New("usage")

// controlHelp has an example of each control.
const controlHelp = `  {"do":"press"}                     the start button, once: start or stop
  {"do":"dial","um":2500}            turn the ring to that depth, click by click
  {"do":"step","um":-1}              turn it by so many clicks
  {"do":"contact","on":true}         tip on the skin, or lifted
  {"do":"glide","axis":"vertical"}   or horizontal, oblique_left, oblique_right,
                                     circular, stamp: a glide begins
  {"do":"speed","hz":110}            stroke rate wanted
  {"do":"cartridge","on":false}      cartridge out, or in
  {"do":"release","on":true}         out of guarded mode, or back
  {"do":"hand","style":"careful","um":1000,"passes":2,"seed":3}
                                     a hand works by itself; passes 0: it stops
  {"do":"unplug"}  {"do":"replug"}   the cable
  {"do":"noise","per_million":1000,"ms":2000}
                                     so many bytes of each million damaged
  {"do":"stall","ms":200}            the line holds everything back
  {"do":"skin","name":"bony"}        what the tip is on: plain, soft, firm, bony
  {"do":"fault","name":"delay","amount":80,"direction":"up","ms":2000}
                                     a fault, by its name; "amount", "direction" (up,
                                     down), "ms" that it lasts, "text" where it takes them
  {"do":"clear","name":"delay"}      take it away; without a name: all of them
  {"do":"script","steps":[{"after_ms":500,"do":"press"}]}
                                     each step after so long from now
  {"do":"state"}                     ask for a state
  {"do":"quit"}
`

// faultHelp lists the faults.
func faultHelp() string {
	var b strings.Builder
	group := sim.Group(255)
	for _, f := range sim.Faults() {
		if f.Group != group {
			group = f.Group
			fmt.Fprintf(&b, "  of the %v:\n", group)
		}
		fmt.Fprintf(&b, "  %-17s %s", f.Name, f.About)
		if f.Unit != "" {
			fmt.Fprintf(&b, " (%s, else %d)", f.Unit, f.Amount)
		}
		b.WriteByte('\n')
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Command returns the command that offers a pen: `pensim pen`, and, hidden, the
// pen process of `penlog demo`. It reads and writes what cobra was given as
// input and output. Errors wrap [ErrUsage] or [ErrConfig] when the call was wrong.
func Command() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "pen",
		Short: "Offer a simulated pen on a pseudo-terminal or a TCP port",
		Long: `Offer a simulated pen on a pseudo-terminal or a TCP port, as real pens are offered.

On a terminal, keys drive it: space presses the start button, + and - turn the
dial, c puts the tip on the skin or lifts it, g glides, u pulls the cable or
puts it back, n makes noise for two seconds, d turns the dial to the end, q quits.

With --ctl, 'pensim ctl' drives it from another terminal. With --control a
program drives it. Controls, one JSON object a line, on either:

` + controlHelp + `
What happens comes back as JSON lines: ready, moved, press, motor, clear, permit,
host, over_limit, host_silent, plug, boot, state, done, refused. The end of the
input ends the pen. To --ctl, done or refused alone comes back.

Faults, here and for --fault; 'pensim ctl list' says how a host can know them:

` + faultHelp(),
		Example: `  pensim pen --pty /tmp/pen
  pensim pen --listen 127.0.0.1:0 --ready-file pen.json --profile dermapen4-class
  pensim pen --pty /tmp/pen --ctl /tmp/pen.ctl --fault sensor-bias=-600`,
		Args:          noArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.run(c.Context(), c.InOrStdin(), c.OutOrStdout())
		},
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", ErrUsage, err) })
	fs := c.Flags()
	fs.StringVar(&f.pty, "pty", "", "make `PATH` a link to the pen's terminal; '-' for no link")
	fs.StringVar(&f.listen, "listen", "", "listen on TCP `ADDR` (host:port; port 0 takes a free one)")
	fs.StringVar(&f.profile, "profile", "reference", "which pen; see pensim profiles")
	fs.StringVar(&f.serial, "serial", "", "its serial number (default SIM- and the seed)")
	fs.IntVar(&f.baud, "baud", protocol.BootBaud, "bits per second the line carries; 0 for a pen on native USB, unpaced")
	fs.IntVar(&f.rate, "rate", 0, "most readings per second it offers (default: the profile's)")
	fs.Uint64Var(&f.seed, "seed", 1, "seed of all that chance decides")
	fs.Int32Var(&f.set, "set-um", -1, "depth set at the beginning, µm (default: the profile's)")
	fs.StringArrayVar(&f.faults, "fault", nil, "a fault in force from the beginning: `NAME` or NAME=AMOUNT; may be repeated")
	fs.StringVar(&f.ctl, "ctl", "", "take controls of pensim ctl at `ADDR`: a path for a socket, or a loopback host:port")
	fs.BoolVar(&f.control, "control", false, "take controls as JSON lines on standard input and give observations as JSON lines on standard output")
	fs.StringVar(&f.ready, "ready-file", "", "write where the pen is found to `FILE`, as JSON")
	fs.DurationVar(&f.last, "for", 0, "end after this long (0: run until stopped)")
	return c
}

func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: %q is not a flag, and there is nothing else to give", ErrUsage, args[0])
	}
	return nil
}

type flags struct {
	pty, listen, profile, serial, ready, ctl string
	baud, rate                               int
	seed                                     uint64
	set                                      int32
	faults                                   []string
	control                                  bool
	last                                     time.Duration
}

// config checks the flags.
func (f *flags) config() (Config, error) {
	bad := func(err error) (Config, error) { return Config{}, fmt.Errorf("%w: %w", ErrUsage, err) }
	profile, err := sim.ProfileByName(f.profile)
	if err != nil {
		return bad(err)
	}
	id := &profile.Identity
	switch {
	case (f.pty == "") == (f.listen == ""):
		return bad(errors.New("give --pty PATH or --listen ADDR, one of them"))
	case f.last < 0:
		return bad(errors.New("--for is negative"))
	case f.rate < 0 || f.rate > 1000:
		return bad(errors.New("--rate: want 1 to 1000 readings per second"))
	case f.rate > 0 && f.rate < protocol.GuardedReadings && id.Caps.Has(protocol.CapPermits):
		return bad(fmt.Errorf("--rate: a pen that takes permits sends %d readings per second or more", protocol.GuardedReadings))
	case f.rate > 0:
		id.ReadingsMax = uint16(f.rate)
		id.ReadingsMin = min(id.ReadingsMin, id.ReadingsMax)
	}
	if f.set >= 0 {
		profile.SetDepth = protocol.Micrometres(f.set)
	}
	if err := profile.Check(); err != nil {
		return bad(err)
	}
	if len(f.serial) > 32 {
		return bad(errors.New("--serial: at most 32 bytes"))
	}
	cfg := Config{Pen: sim.Config{Profile: profile, Seed: f.seed, Serial: f.serial},
		PTY: f.pty, Listen: f.listen, Baud: f.baud, ReadyFile: f.ready, Ctl: f.ctl, For: f.last}
	if _, err := WithBaud(cfg.Pen, cfg.Baud); err != nil {
		return bad(err)
	}
	for _, text := range f.faults {
		c, err := firstFault(text)
		if err == nil {
			err = c.Check()
		}
		if err != nil {
			return bad(err)
		}
	}
	return cfg, nil
}

// firstFault reads NAME or NAME=AMOUNT.
func firstFault(text string) (Control, error) {
	name, amount, sized := strings.Cut(text, "=")
	c := Control{Do: "fault", Name: name}
	if sized {
		n, err := strconv.ParseInt(amount, 10, 64)
		if err != nil {
			return c, fmt.Errorf("--fault %s: %q is no whole number", name, amount)
		}
		c.Amount = n
	}
	return c, nil
}

func (f *flags) run(ctx context.Context, in io.Reader, out io.Writer) error {
	cfg, err := f.config()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	controls := make(chan Control, 16+len(f.faults))
	cfg.Controls = controls
	for _, text := range f.faults {
		c, _ := firstFault(text) // checked
		controls <- c
	}
	if f.control {
		// The reader ends with the input, which may be after Run.
		go ReadControls(ctx, in, controls)
		enc := json.NewEncoder(out)
		cfg.Observe = func(o Observation) {
			if enc.Encode(o) != nil {
				stop() // nobody listens any more
			}
		}
		return Run(ctx, cfg)
	}
	screen, leave, err := newScreen(ctx, in, out, controls)
	if err != nil {
		return err
	}
	defer leave()
	if screen.live {
		cfg.StateEach = 100 * time.Millisecond
	}
	cfg.Observe = screen.see
	err = Run(ctx, cfg)
	screen.end()
	return err
}
