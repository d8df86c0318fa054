package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"penlog/protocol"
	"penlog/session"
	"penlog/store"
)

// sessionList is what `session list --json` prints, the newest session first.
type sessionList struct {
	Sessions []sessionLine `json:"sessions"`
	More     bool          `json:"more"` // there are older ones: --limit
}

// sessionLine is one session of the list. The journal's chain was checked, the
// signal's was not: session show does both.
type sessionLine struct {
	ID         session.ID           `json:"id"`
	Simulated  bool                 `json:"simulated"`
	OpenedAtUS protocol.At          `json:"opened_at_us"` // UTC
	LastAtUS   protocol.At          `json:"last_at_us"`   // of the newest record
	OpenedBy   session.By           `json:"opened_by"`
	State      session.State        `json:"state"`
	Sealed     bool                 `json:"sealed"`
	Altered    bool                 `json:"altered"`
	Zones      []string             `json:"zones"` // in the order they were treated last
	Strokes    uint64               `json:"strokes"`
	Above      uint64               `json:"strokes_above"`
	Deepest    protocol.Micrometres `json:"deepest_um"`
	Holds      uint64               `json:"holds"`
	Trips      uint64               `json:"trips"`
	Records    uint64               `json:"records"`
	Chunks     uint64               `json:"signal_chunks"`
}

func sessionListCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the recorded sessions, the newest first",
		Args:  exactly(),
	}
	open := dirFlag(c)
	limit := c.Flags().Int("limit", 20, "list at most `N` sessions, 0 for all")
	asJSON := c.Flags().Bool("json", false, "print JSON, times in µs UTC, depths in µm")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *limit < 0 {
			return usage("--limit %d is negative", *limit)
		}
		r, err := open(c.Context())
		if err != nil {
			return err
		}
		defer r.Close()
		list, err := listSessions(c.Context(), r, *limit)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(c.OutOrStdout(), list)
		}
		return printed(c.OutOrStdout(), func(w io.Writer) { printSessions(w, list) })
	}
	return c
}

func listSessions(ctx context.Context, r *store.Reader, limit int) (sessionList, error) {
	list := sessionList{Sessions: []sessionLine{}}
	for behind := store.Cursor(0); ; {
		infos, err := r.Sessions(ctx, behind, sessionsAtOnce)
		if err != nil {
			return list, err
		}
		for _, in := range infos {
			if limit > 0 && len(list.Sessions) == limit {
				list.More = true
				return list, nil
			}
			s, err := readJournal(ctx, r, in)
			if err != nil {
				return list, err
			}
			list.Sessions = append(list.Sessions, s.line())
			behind = in.Cursor
		}
		if len(infos) < sessionsAtOnce {
			return list, nil
		}
	}
}

func (s *story) line() sessionLine {
	t := s.proc.Totals
	l := sessionLine{
		ID: s.info.ID, Simulated: s.simulated(), OpenedAtUS: s.info.OpenedAt, LastAtUS: s.info.LastAt,
		OpenedBy: s.proc.OpenedBy, State: s.proc.State, Sealed: s.sealed(), Altered: s.problem != nil, Zones: []string{},
		Strokes: t.Strokes, Above: t.Above, Deepest: t.Deepest, Holds: t.Holds, Trips: t.Trips,
		Records: s.info.Records, Chunks: s.info.Chunks,
	}
	for _, z := range t.Zones {
		if !slices.Contains(l.Zones, z.Zone.String()) {
			l.Zones = append(l.Zones, z.Zone.String())
		}
	}
	return l
}

func printSessions(w io.Writer, list sessionList) {
	if len(list.Sessions) == 0 {
		fmt.Fprintln(w, "There is no session yet.")
		return
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "SESSION\tOPENED\tBY\tSTATE\tZONES\tSTROKES\tDEEPEST mm\tWAITED\tSTOPPED\tRECORD\t")
	digits := idDigits(list.Sessions)
	for _, l := range list.Sessions {
		deepest := "–"
		if l.Deepest > 0 {
			deepest = mm(l.Deepest)
		}
		record, mark := "open", ""
		switch {
		case l.Altered:
			record = "ALTERED"
		case l.Sealed:
			record = "sealed"
		}
		if l.Simulated {
			mark = simulatedMark
		}
		zones := strings.Join(l.Zones, ", ")
		if zones == "" {
			zones = "–"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%v\t%s\t%d\t%s\t%d\t%d\t%s\t%s\n", l.ID.String()[:digits], day(l.OpenedAtUS), plain(string(l.OpenedBy)),
			l.State, zones, l.Strokes, deepest, l.Holds, l.Trips, record, mark)
	}
	tw.Flush()
	if list.More {
		fmt.Fprintln(w, "There are older ones: --limit 0 lists all.")
	}
}

// idDigits is how much of each id tells the listed sessions apart.
func idDigits(lines []sessionLine) int {
	const full = 36
next:
	for _, n := range []int{13, 18, 23} { // at a dash of the UUID
		seen := map[string]bool{}
		for _, l := range lines {
			short := l.ID.String()[:n]
			if seen[short] {
				continue next
			}
			seen[short] = true
		}
		return n
	}
	return full
}
