package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"penlog/cmd/internal/simpen"
	"penlog/protocol"
	"penlog/sim"
)

// profileRow is a profile as `profiles --json` prints it.
type profileRow struct {
	Name        string `json:"name"`
	Simulated   bool   `json:"simulated"`
	About       string `json:"about"`
	Source      string `json:"source"`
	Vendor      string `json:"vendor"`
	Model       string `json:"model"`
	Mode        string `json:"mode"` // guarded, stoppable, monitor_only
	DepthSource string `json:"depth_source"`
	DepthMinUM  uint16 `json:"depth_min_um"`
	DepthMaxUM  uint16 `json:"depth_max_um"`
	StepUM      uint16 `json:"depth_step_um"`
	AccuracyUM  uint16 `json:"accuracy_um,omitempty"`
	ResolveUM   uint16 `json:"resolution_um,omitempty"`
	RateMin     uint16 `json:"stroke_rate_min_dhz"`
	RateMax     uint16 `json:"stroke_rate_max_dhz"`
	StopMS      uint16 `json:"stop_ms,omitempty"`
	Needles     uint8  `json:"needles"`
	NeedleUM    uint16 `json:"needle_length_um"`
	Adjustment  string `json:"adjustment"` // dial, digital, closed loop
	Enforces    bool   `json:"enforces"`
	UART        bool   `json:"uart"`
	ReadingsMax uint16 `json:"readings_max"`
}

func row(f *sim.Profile) profileRow {
	id := &f.Identity
	mode := "monitor_only"
	switch {
	case id.Caps.Has(protocol.CapPermits):
		mode = "guarded"
	case id.Caps.Has(protocol.CapStop):
		mode = "stoppable"
	}
	return profileRow{
		Name: f.Name, Simulated: true, About: f.About, Source: f.Source, Vendor: id.Vendor, Model: id.Model,
		Mode: mode, DepthSource: id.Depth().String(),
		DepthMinUM: id.DepthMin, DepthMaxUM: id.DepthMax, StepUM: id.DepthStep, AccuracyUM: id.Accuracy, ResolveUM: id.Resolution,
		RateMin: uint16(id.RateMin), RateMax: uint16(id.RateMax), StopMS: id.StopMS, Needles: id.NeedleCount, NeedleUM: id.NeedleLength,
		Adjustment: f.Depth.String(), Enforces: id.Caps.Has(protocol.CapEnforces), UART: id.Caps.Has(protocol.CapUART), ReadingsMax: id.ReadingsMax,
	}
}

func profiles() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "profiles",
		Short: "List the pens there are",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: profiles takes no %q", simpen.ErrUsage, args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return listProfiles(c.OutOrStdout(), asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func listProfiles(out io.Writer, asJSON bool) error {
	all := sim.Profiles()
	rows := make([]profileRow, len(all))
	for i := range all {
		rows[i] = row(&all[i])
	}
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(rows)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tMODE\tDEPTH\tRANGE\tSTEP\tRATE\tNEEDLES\tABOUT")
	for _, r := range rows {
		rate := fmt.Sprintf("%d Hz", r.RateMax/10)
		if r.RateMin != r.RateMax {
			rate = fmt.Sprintf("%d–%d Hz", r.RateMin/10, r.RateMax/10)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d–%d µm\t%d µm\t%s\t%d\t%s\n", r.Name, r.Mode, r.DepthSource,
			r.DepthMinUM, r.DepthMaxUM, r.StepUM, rate, r.Needles, r.About)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
