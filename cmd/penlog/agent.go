package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/api"
	"penlog/cmd/internal/captures"
	"penlog/cmd/internal/demo"
	"penlog/cmd/internal/paths"
	"penlog/cmd/internal/ports"
	"penlog/cmd/internal/release"
	screen "penlog/cmd/internal/term"
	"penlog/device"
	"penlog/device/capture"
	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/clinic"
	"penlog/session/label"
	"penlog/session/limits"
	"penlog/session/policy"
)

// readyFile is what `--ready-file` holds once the agent is at work.
type readyFile struct {
	HTTP   string `json:"http"`   // base URL of the API and of /metrics
	Port   string `json:"port"`   // the pen's
	Dir    string `json:"dir"`    // the data folder
	Secret string `json:"secret"` // of this start, for commands that need a sign-in
	PID    int    `json:"pid"`
}

// noPort is the port of a room whose pens have no link.
const noPort = "none"

type agentFlags struct {
	port, dir, listen, ready, limits string
	policy, clinic, cartridges       string
	labels                           string
	operator, capture                string
	captureMiB                       int64
	rate                             uint16
	baud                             uint32
	quiet                            bool
	usb                              usbIDs
}

func agentCommand() *cobra.Command {
	var f agentFlags
	cmd := &cobra.Command{
		Use:   "agent --port ADDRESS",
		Short: "Guard one pen and keep its record",
		Long: `Reads the pen on a port, keeps it inside the depth that indication and zone
allow, and records everything in the data folder.

A port is serial:///dev/ttyUSB0, serial://COM5 or tcp://host:port, or auto: then
the agent listens on the USB serial ports for a pen that announces itself, also
after it was unplugged and came back under another name. It writes to no other
port and refuses to choose between two pens. Opening a port may restart what is
behind it; penlog ports says which ones that are. --usb allows further kinds of
USB port to be listened to. With none no port is opened: for pens without a
link, whose depth, passes and times are entered by hand. The clinic's file has
to allow that mode.

The agent serves its API, /metrics, /healthz and /readyz on --listen, which is loopback
unless you say otherwise. Ctrl-C stops the pen first and ends with the record
on the disk; an open session is taken up, paused, at the next start.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runAgent(cmd.Context(), f, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.port, "port", "", "the pen's port, or auto, or none (required)")
	fl.Var(&f.usb, "usb", "`VENDOR:PRODUCT` that auto may listen to, e.g. 2e8a:000a; may be given again")
	fl.StringVar(&f.dir, "dir", "", "data folder (default "+paths.DefaultDir()+")")
	fl.StringVar(&f.listen, "listen", "127.0.0.1:9477", "address of API and metrics; port 0 takes a free one")
	fl.StringVar(&f.ready, "ready-file", "", "write what listens where to this file, as JSON, once at work")
	fl.StringVar(&f.limits, "limits", "", "the clinic's limits file; the built-in table otherwise")
	fl.StringVar(&f.policy, "policy", "", "the clinic's policy file: screening, patient rules, passes; the built-in one otherwise")
	fl.StringVar(&f.cartridges, "cartridges", "", "the clinic's list of cartridges; the built-in one otherwise")
	fl.StringVar(&f.labels, "labels", "", "the clinic's list of what pens' labels cover; the built-in one otherwise")
	fl.StringVar(&f.clinic, "clinic", "", "the clinic's own file: modes, indications, people; guarded pens and nobody named otherwise")
	fl.StringVar(&f.operator, "operator", "", "who gives commands with the keys of this terminal")
	fl.Uint16Var(&f.rate, "rate", 200, "readings per second to ask the pen for (20 to 1000)")
	fl.Uint32Var(&f.baud, "baud", 0, "line speed to ask a UART pen for; 0 leaves the line as it is")
	fl.StringVar(&f.capture, "capture", "", "record both directions of the port into this folder; nothing personal is in it")
	fl.Int64Var(&f.captureMiB, "capture-mib", capture.DefaultTotalMost>>20, "MiB that all captures in that folder may take; the oldest make room")
	fl.BoolVar(&f.quiet, "quiet", false, "show no view of the session, only warnings")
	_ = cmd.MarkFlagRequired("port")
	return cmd
}

func runAgent(ctx context.Context, f agentFlags, stdin io.Reader, stdout, stderr io.Writer) error {
	port := f.port
	if port == noPort {
		port = "auto"
	}
	addr, err := device.ParseAddress(port)
	if err != nil {
		return usage("--port: %w", err)
	}
	if len(f.usb) > 0 && (!addr.Auto() || f.port == noPort) {
		return usage("--usb is for --port auto: a port that is named is opened whatever it is")
	}
	table, err := loadLimits(f.limits)
	if err != nil {
		return err
	}
	pol, err := loadFile(f.policy, policy.Load)
	if err != nil {
		return fmt.Errorf("--policy: %w", err)
	}
	cl, err := loadFile(f.clinic, clinic.Load)
	if err != nil {
		return fmt.Errorf("--clinic: %w", err)
	}
	labels, err := loadFile(f.labels, label.Load)
	if err != nil {
		return fmt.Errorf("--labels: %w", err)
	}
	carts, err := loadFile(f.cartridges, cartridge.Load)
	if err != nil {
		return fmt.Errorf("--cartridges: %w", err)
	}
	if f.rate < 20 || f.rate > 1000 {
		return usage("--rate %d: ask for 20 to 1000 readings per second", f.rate)
	}
	if f.dir == "" { // any other folder's parent must be there: a slip must not start an empty record
		if f.dir, err = paths.MakeDefaultDir(); err != nil {
			return err
		}
	}
	out := stdout
	tty := drawable(stdout)
	logTo := stderr
	if tty && !f.quiet && isTerminal(stderr) {
		// The view and a log can't share a screen: the log goes beside the record.
		file := &lateFile{path: filepath.Join(f.dir, "agent.log")}
		logTo = file // closed with the process: lines may still wait
	}
	lines := newPatientLog(logTo)
	defer lines.end(200 * time.Millisecond)
	log := slog.New(slog.NewTextHandler(lines, nil))
	if pol != nil {
		if laxer := pol.Laxer(); laxer != nil {
			log.Warn("the clinic's policy is laxer than the built-in one", "version", pol.Version(), "where", strings.Join(laxer, "; "))
		}
	}
	cfg := agent.Config{Addr: addr, Dir: f.dir, Limits: table, Policy: pol, Clinic: cl, Cartridges: carts, Labels: labels, Version: release.Version(), Rate: f.rate, Baud: f.baud, Log: log, Prioritize: agent.Prioritize}
	if f.port == noPort {
		cfg.NoPort = true
	} else if addr.Auto() {
		cfg.Open = ports.NewFinder(ports.Config{Allowed: allowedUSB(f.usb, cl), Log: log}).Open
	}
	if cfg.Capture, err = f.capturing(); err != nil {
		return err
	}
	a, err := agent.New(ctx, cfg)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", f.listen)
	if err != nil {
		// Run opens nothing that it does not close: let it end at once.
		ended, cancel := context.WithCancel(ctx)
		cancel()
		return errors.Join(fmt.Errorf("--listen %s: %w: choose another port, or 0 for a free one", f.listen, err), a.Run(ended))
	}
	if at, ok := ln.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
		log.Warn("the API can be reached from other PCs: whoever is there sees the session, and may stop, abort, acknowledge and mute", "at", at.String())
	}
	served := api.New(a, release.Version())
	srv := served.HTTP()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	srv.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn) // not across the view
	srv.BaseContext = func(net.Listener) context.Context { return ctx }
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	closed := make(chan error, 1)
	go func() { closed <- srv.Serve(ln) }()

	var rings atomic.Bool // the alarm is to sound, for people to hear
	begin, end := "", ""  // what a terminal is told before and after the view
	below, width := func() []string { return nil }, func() int { return columns(stdout) }
	if in, ok := stdin.(*os.File); ok && tty && !f.quiet && isTerminal(stdin) {
		old, err := term.MakeRaw(int(in.Fd()))
		if err == nil {
			defer term.Restore(int(in.Fd()), old)
			keys := &keyboard{do: a, by: session.By(f.operator), now: time.Now, bell: func() { rings.Store(true) }}
			below = keys.Lines
			out = demo.NewlineWriter{W: out}
			go readTerminal(ctx, in, keys, cancel)
			begin, end = pasteOn, pasteOff
		}
	}
	url, named := "http://"+ln.Addr().String(), addr.String()
	guarded := named
	if f.port == noPort {
		named, guarded = noPort, "no port: what is done is entered"
	}
	if f.ready != "" {
		err = writeReady(f.ready, readyFile{HTTP: url, Port: named, Dir: f.dir, Secret: served.Secret(), PID: os.Getpid()})
		defer os.Remove(f.ready) // nobody listens there any more
	}
	go agent.Tune()
	shown := make(chan struct{})
	if err == nil && !f.quiet {
		greeting := fmt.Sprintf("penlog %s guards %s · API and metrics %s · record %s\n", release.Version(), guarded, url, f.dir)
		go func() {
			defer close(shown)
			defer func() { // a picture never ends a guard
				if p := recover(); p != nil {
					log.Error("the view failed and is gone; the pen is guarded all the same", "panic", p, "stack", string(debug.Stack()))
				}
			}()
			io.WriteString(out, begin+greeting)
			defer func() { io.WriteString(out, end) }()
			show(ctx, a, out, tty, width, below, &rings)
		}()
	} else {
		close(shown)
	}
	if err == nil {
		select {
		case err = <-ran:
			ran = nil
		case err = <-closed:
		case <-ctx.Done():
		}
	}
	cancel()
	if ran != nil {
		err = errors.Join(err, <-ran)
	}
	select {
	case <-shown:
	case <-time.After(500 * time.Millisecond): // a terminal that is paused takes no picture, and holds nobody up
	}
	closeCtx, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer stop()
	if srv.Shutdown(closeCtx) != nil {
		srv.Close()
	}
	return err
}

// capturing makes the writer of the capture; nil when none is wanted.
func (f *agentFlags) capturing() (*capture.Writer, error) {
	if f.capture == "" {
		return nil, nil
	}
	const least = 2 * capture.DefaultFileMost >> 20
	if f.captureMiB < least || f.captureMiB > 1<<20 {
		return nil, usage("--capture-mib %d: want %d to %d", f.captureMiB, least, 1<<20)
	}
	w, err := capture.New(capture.Config{Dir: f.capture, Software: "penlog " + release.Version(), TotalMost: f.captureMiB << 20, Sieve: captures.NewSieve()})
	if err != nil {
		return nil, fmt.Errorf("--capture: %w", err)
	}
	return w, nil
}

// show draws the session, or on a pipe prints a line when something changes.
// extra are lines below the view.
func show(ctx context.Context, a *agent.Agent, out io.Writer, tty bool, width func() int, extra func() []string, rings *atomic.Bool) {
	t := time.NewTicker(screen.Every)
	defer t.Stop()
	sc := screen.Screen{Style: screen.Style{Color: os.Getenv("NO_COLOR") == ""}}
	var bell screen.Bell
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		v := a.View()
		if tty {
			if rings.Swap(false) {
				bell.Test()
			}
			if bell.Rings(&v, time.Now()) {
				io.WriteString(out, screen.Ring)
			}
			sc.Width = width()
			io.WriteString(out, sc.Draw(&v, extra()...))
		} else if l := screen.Line(&v); l != last {
			last = l
			fmt.Fprintln(out, l)
		}
	}
}

// drawable reports whether w is a terminal, and lets it draw.
func drawable(w any) bool {
	f, ok := w.(*os.File)
	return ok && screen.Prepare(f)
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 80
}

// loadLimits reads the clinic's limits. Of the built-in ones it only begins the
// reading and gives nil: the agent takes them once its store is open.
func loadLimits(file string) (*limits.Table, error) {
	if file == "" {
		go limits.Default()
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("limits: %w: nothing runs without limits", err)
	}
	return limits.Load(file, data)
}

// allowedUSB are the devices that may be listened to, by the command line and by the clinic.
func allowedUSB(given []device.USBID, c *clinic.Config) []device.USBID {
	for _, id := range c.USB() {
		given = append(given, device.USBID{VID: id.VID, PID: id.PID})
	}
	return given
}

// loadFile reads a file of the clinic; without one it gives nil, which means the
// built-in one.
func loadFile[T any](file string, load func(string, []byte) (*T, error)) (*T, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return load(filepath.Base(file), data)
}

// writeReady writes the file whole or not at all.
func writeReady(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	// A new file, which nobody else made and may read: it holds the secret.
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("--ready-file: %w", err)
	}
	_, err = tmp.Write(append(b, '\n'))
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return fmt.Errorf("--ready-file: %w", err)
	}
	return nil
}
