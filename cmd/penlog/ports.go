package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"penlog/cmd/internal/ports"
	"penlog/device"
)

// portRow is one port as `penlog ports --json` prints it.
type portRow struct {
	device.PortInfo
	What     string           `json:"what"`
	Auto     bool             `json:"auto"`                  // --port auto may open it to listen
	AutoWhy  string           `json:"auto_why,omitempty"`    // why not
	AutoAct  string           `json:"auto_remedy,omitempty"` // what would let it
	HeldBy   []device.Holder  `json:"held_by"`               // as far as this user may see
	Findings []device.Finding `json:"findings"`              // what matters most first
	Heard    *heardRow        `json:"heard,omitempty"`       // with --listen, if it was listened to
}

// heardRow is what listening brought.
type heardRow struct {
	Pen       bool   `json:"pen"` // one announced itself
	Words     string `json:"words"`
	Vendor    string `json:"vendor,omitempty"`
	Model     string `json:"model,omitempty"`
	Serial    string `json:"serial,omitempty"`
	Firmware  string `json:"firmware,omitempty"`
	Simulated bool   `json:"simulated,omitempty"`
	Bytes     int    `json:"bytes"`
}

// usbIDs is a flag that may be given again.
type usbIDs []device.USBID

func (u *usbIDs) Type() string { return "vendor:product" }

func (u *usbIDs) String() string {
	var all []string
	for _, id := range *u {
		all = append(all, id.String())
	}
	return strings.Join(all, ",")
}

func (u *usbIDs) Set(s string) error {
	id, err := device.ParseUSBID(s)
	if err == nil {
		*u = append(*u, id)
	}
	return err
}

func portsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "ports",
		Short: "Show the serial ports, who holds them, and what they lack",
		Long: `Shows each serial port of this PC: what it is, who holds it, what is missing and
what to do about it. No port is opened, unless with --listen: then those that
--port auto would open are listened to for a second, for a pen that announces
itself. Nothing is ever written to them; but opening a port pulses its lines DTR
and RTS, which may restart what is behind it.

--udev prints a udev rules file for Linux: access for who sits at the PC,
ModemManager kept off, FTDI's bridges without their 16 ms of delay. Its first
lines say where to put it.`,
		Example: `  penlog ports --listen
  penlog ports --udev | sudo tee ` + device.UdevFile,
		Args: exactly(),
	}
	f := c.Flags()
	var allowed usbIDs
	f.Var(&allowed, "usb", "`VENDOR:PRODUCT` of a kind of port that may be a pen's, e.g. 2e8a:000a; may be given again")
	asJSON := f.Bool("json", false, "print JSON")
	listen := f.Bool("listen", false, "open the ports that may be a pen's and listen for one")
	udev := f.Bool("udev", false, "print a udev rules file")
	root := f.String("root", "", "for tests: the folder that stands for /")
	_ = f.MarkHidden("root")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *udev {
			if *asJSON || *listen {
				return usage("--udev prints a file for udev: leave --json and --listen out")
			}
			_, err := io.WriteString(c.OutOrStdout(), device.UdevRules(allowed))
			return err
		}
		sys := device.System{Root: *root}
		rows, err := portRows(c.Context(), sys, allowed)
		if err != nil {
			return err
		}
		if *listen {
			if err := listenTo(c.Context(), rows, *root); err != nil {
				return err
			}
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), map[string]any{"ports": rows})
		}
		return printed(c.OutOrStdout(), func(w io.Writer) { printPorts(w, rows) })
	}
	return c
}

// portRows looks at every port, and opens none.
func portRows(ctx context.Context, sys device.System, allowed []device.USBID) ([]portRow, error) {
	all, err := sys.List(ctx)
	if err != nil {
		return nil, err
	}
	rows := []portRow{}
	for _, p := range all {
		held := sys.Holders(p)
		aside := ports.May(p, allowed, held)
		found := sys.Diagnose(p)
		rows = append(rows, portRow{PortInfo: p, What: p.What(), Auto: aside.Why == "", AutoWhy: aside.Why, AutoAct: aside.Remedy,
			HeldBy: append([]device.Holder{}, held...), Findings: append([]device.Finding{}, found...)})
	}
	return rows, nil
}

// listenTo listens on the ports that auto may open.
func listenTo(ctx context.Context, rows []portRow, root string) error {
	var open []device.PortInfo
	var at []int
	for i, r := range rows {
		if r.Auto {
			p := r.PortInfo
			if root != "" {
				p.Name = filepath.Join(root, p.Name)
			}
			open, at = append(open, p), append(at, i)
		}
	}
	for i, h := range ports.Listen(ctx, ports.Config{}, open) {
		heard := &heardRow{Words: h.Words(), Bytes: h.Bytes}
		if id := h.Pen; id != nil {
			heard.Pen, heard.Vendor, heard.Model, heard.Serial, heard.Firmware = true, id.Vendor, id.Model, id.Serial, id.Firmware
			heard.Simulated = h.Simulated()
		}
		rows[at[i]].Heard = heard
	}
	return ctx.Err()
}

// printPorts writes the list for people: a line for each port, then what each
// lacks and what to do.
func printPorts(w io.Writer, rows []portRow) {
	if len(rows) == 0 {
		fmt.Fprintln(w, "No serial port is there: plug the pen in and switch it on.")
		return
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "PORT\tWHAT\tUSB ID\tUSB SERIAL\tUSB PATH\tHELD BY\tAUTO")
	for _, r := range rows {
		var held []string
		for _, h := range r.HeldBy {
			held = append(held, h.String())
		}
		auto := "listens"
		switch {
		case r.Heard != nil:
			auto = r.Heard.Words
			if r.Heard.Simulated {
				auto += ", SIMULATED"
			}
		case len(held) > 0:
			auto = "no: in use"
		case !r.Auto:
			auto = "no: " + strings.TrimPrefix(r.AutoWhy, "is ")
		}
		id := ""
		if r.USB {
			id = r.ID().String()
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.What, dash(id), dash(r.Serial), dash(r.USBPath), dash(strings.Join(held, ", ")), auto)
	}
	tw.Flush()
	restarts := false
	for _, r := range rows {
		restarts = restarts || slices.ContainsFunc(r.Findings, func(f device.Finding) bool { return f.Code == device.FindOpenResets })
		printFindings(w, r)
	}
	if restarts {
		fmt.Fprintln(w, "\nOpening a port pulses DTR and RTS, which may restart what is behind it.")
	}
}

// printFindings writes what a port lacks, each remedy once.
func printFindings(w io.Writer, r portRow) {
	found := r.Findings
	if r.USB && !r.Auto && len(r.HeldBy) == 0 {
		found = append(found, device.Finding{Words: "auto does not open it: it " + r.AutoWhy, Remedy: r.AutoAct})
	}
	told := map[string]bool{"": true} // what needs no remedy is said at the end
	for _, f := range found {
		if told[f.Remedy] {
			continue
		}
		if len(told) == 1 {
			fmt.Fprintf(w, "\n%s\n", r.Name)
		}
		told[f.Remedy] = true
		for _, g := range found {
			if g.Remedy == f.Remedy {
				fmt.Fprintf(w, "  %s\n", g.Words)
			}
		}
		fmt.Fprintf(w, "    → %s\n", f.Remedy)
	}
}

// dash stands for a column that has nothing to say.
func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
