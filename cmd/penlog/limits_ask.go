package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"penlog/protocol"
	"penlog/session/limits"
)

func limitsAskCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "ask --zone ZONE --indication INDICATION",
		Short: "Ask what needle depth is allowed, and why",
		Long: "Ask what needle depth is allowed for an indication at a zone, and why.\n\n" +
			"Exit code 0: what was asked for is allowed. 1: nothing is allowed, or less than\n" +
			"--depth-um. --json prints the whole verdict in both cases.",
		Example: "  penlog limits ask --zone cheek --indication acne-scars\n" +
			"  penlog limits ask --zone forehead --indication acne-scars --depth-um 1200",
		Args: exactly(),
	}
	f := c.Flags()
	zone := f.String("zone", "", "treatment `ZONE`, e.g. forehead")
	indication := f.String("indication", "", "`INDICATION`, e.g. acne_scar_rolling; acne-scars asks for the strictest of its kinds")
	side := f.String("side", "", "patient's `SIDE`: left, right, midline, both")
	site := f.String("site", "", "`SITE` within the zone: "+strings.Join(codes(limits.AllSites()), ", "))
	labels := f.StringSlice("label", nil, "`LABEL` of the pen: "+strings.Join(codes(limits.AllLabels()), ", "))
	wanted := depth(c, "depth-um", "needle depth asked for; without it: whatever is allowed")
	penMin := depth(c, "pen-min-um", "least depth of the pen above which it steps")
	penMax := depth(c, "pen-max-um", "greatest depth of the pen")
	penStep := depth(c, "pen-step-um", "step of the pen's dial")
	needle := depth(c, "needle-um", "needle length of the cartridge")
	asJSON := f.Bool("json", false, "print the verdict as JSON, depths in µm")
	table := tableFlag(c)

	c.RunE = func(c *cobra.Command, _ []string) error {
		q := limits.Request{
			Wanted: protocol.Micrometres(*wanted), PenMin: protocol.Micrometres(*penMin), PenMax: protocol.Micrometres(*penMax),
			PenStep: protocol.Micrometres(*penStep), CartridgeLength: protocol.Micrometres(*needle),
		}
		if *zone == "" {
			return usage("--zone is missing: there are %s", strings.Join(codes(limits.AllZones()), ", "))
		}
		if *indication == "" {
			return usage("--indication is missing: there are acne_scars, %s", strings.Join(codes(limits.AllIndications()), ", "))
		}
		var err error
		if q.Zone, err = zoneOf(*zone); err != nil {
			return err
		}
		kinds, err := indicationsOf(*indication)
		if err != nil {
			return err
		}
		if *side != "" {
			if q.Side, err = limits.ParseSide(*side); err != nil {
				return unknownWord(err, codes(limits.AllSides()))
			}
		}
		if *site != "" {
			if q.Site, err = limits.ParseSite(*site); err != nil {
				return unknownWord(err, codes(limits.AllSites()))
			}
		}
		for _, word := range *labels {
			l, err := limits.ParseLabel(word)
			if err != nil {
				return unknownWord(err, codes(limits.AllLabels()))
			}
			q.Labels = append(q.Labels, l)
		}
		t, err := table()
		if err != nil {
			return refusedFile(c.ErrOrStderr(), err)
		}
		v := t.AskAll(q, kinds)
		refusal := v.Err()
		if *asJSON {
			if err := printJSON(c.OutOrStdout(), v); err != nil {
				return err
			}
		} else if refusal == nil {
			return printed(c.OutOrStdout(), func(w io.Writer) { printVerdict(w, &v, kinds) })
		}
		return refusal
	}
	return c
}

// printVerdict writes a verdict that allows what was asked.
func printVerdict(w io.Writer, v *limits.Verdict, asked []limits.Indication) {
	fmt.Fprintln(w, v.Words())
	fmt.Fprintf(w, "typical range %s–%s mm, limit %s mm, override limit %s mm\n",
		mm(v.TypicalLow), mm(v.TypicalHigh), mm(v.Limit), mm(v.OverrideLimit))
	if len(asked) > 1 {
		var names []string
		for _, i := range asked {
			names = append(names, i.Name())
		}
		fmt.Fprintf(w, "the strictest of %s\n", strings.Join(names, ", "))
	}
	fmt.Fprintf(w, "table %s %s\n", v.TableVersion, short(v.TableHash))
}
