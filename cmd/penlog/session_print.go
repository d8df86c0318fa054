package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// words are who did what, also for a record that a newer Penlog wrote.
func (e *entry) words() (session.By, string) {
	if e.event == nil {
		return "?", fmt.Sprintf("%s %s", e.record.Kind, e.raw)
	}
	return eventWords(e.event)
}

// brokenRules lists holds, alarms and trips with how each ended.
func (s *story) brokenRules() []brokenReport {
	var out []brokenReport
	for _, e := range s.entries {
		switch ev := e.event.(type) {
		case session.RuleBroke:
			if ev.Response < session.Alarm { // a quiet cue
				continue
			}
			out = append(out, brokenReport{AtUS: e.record.At, Rule: ev.Rule.String(), Response: ev.Response.String(),
				Value: ev.Value, Limit: ev.Limit, MotorOn: ev.MotorOn, Words: ev.Rule.Words()})
		case session.RuleHealed:
			for i := len(out) - 1; i >= 0; i-- {
				if out[i].Rule == ev.Rule.String() && out[i].ClearedUS == 0 {
					out[i].ClearedUS = e.record.At
					break
				}
			}
		case session.Acknowledged: // all that are latched
			for i := range out {
				if out[i].Response == session.Trip.String() && out[i].AckedUS == 0 {
					out[i].AckedUS, out[i].AckedBy = e.record.At, ev.By
				}
			}
		}
	}
	return out
}

// print writes the session for people.
func (s *story) print(w io.Writer, withSignal bool) {
	p := s.proc
	if s.simulated() {
		fmt.Fprintf(w, "%s: the pen was a simulator, nobody was treated.\n\n", simulatedMark)
	}
	fmt.Fprintf(w, "Session %v\n", s.info.ID)
	fmt.Fprintf(w, "  %s, opened %s by %s, %s\n", p.State, day(s.info.OpenedAt), plain(string(p.OpenedBy)), s.length())
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if p.PatientID != "" {
		fmt.Fprintf(tw, "  Patient\t%s\n", plain(p.PatientID))
	}
	if p.Operator != p.OpenedBy {
		fmt.Fprintf(tw, "  Operator\t%s, at the end\n", plain(string(p.Operator)))
	}
	if p.Accepted > session.ModeGuarded {
		fmt.Fprintf(tw, "  Mode\t%s, accepted by %s: the pen could not be held back\n", spaced(p.Accepted.String()), plain(string(p.AcceptedBy)))
	}
	if p.Pen != nil {
		fmt.Fprintf(tw, "  Pen\t%s\n", plain(fmt.Sprintf("%s %s, serial %s, firmware %s", p.Pen.Vendor, p.Pen.Model, p.Pen.Serial, p.Pen.Firmware)))
	}
	for _, e := range s.entries {
		if o, ok := e.event.(session.Opened); ok {
			fmt.Fprintf(tw, "  Limits\t%s\n", plain(o.Table+" "+short(o.Hash)))
		}
	}
	fmt.Fprintf(tw, "  Record\t%s\n", s.soundness())
	fmt.Fprintf(tw, "  \t%s, %s, head %s\n", count(s.records.Seq, "record"), count(s.signal.end.Seq, "chunk")+" of signal", short(s.records.Head.String()))
	fmt.Fprintf(tw, "  Signal\t%s\n", s.signal.words())
	if s.unknown > 0 {
		fmt.Fprintf(tw, "  Note\t%s of a kind that this version does not know: shown as recorded, not counted\n", count(uint64(s.unknown), "record"))
	}
	tw.Flush()
	s.printZones(w)
	s.printDose(w)
	s.printStops(w)
	fmt.Fprintln(w)
	s.printTimeline(w)
	if withSignal {
		s.signal.print(w)
	}
	if s.simulated() {
		fmt.Fprintf(w, "\n%s\n", simulatedMark)
	}
}

// length is how long the session took, as far as it is recorded; what followed its
// end is not of it.
func (s *story) length() string {
	if s.proc.EndedAt != 0 && len(s.entries) > 0 {
		return seconds(s.proc.EndedAt.Sub(s.entries[0].record.At))
	}
	if n := len(s.entries); n > 0 {
		return seconds(s.entries[n-1].record.At.Sub(s.entries[0].record.At))
	}
	return "no record"
}

func (s *story) printZones(w io.Writer) {
	t := s.proc.Totals
	if len(t.Zones) == 0 {
		return
	}
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "  ZONE\tSIDE\tINDICATION\tMAX DEPTH mm\tSTROKES\tABOVE MAX\tDEEPEST mm")
	within := s.accuracy()
	hardly := false // some were above, by no more than the pen can measure
	for _, z := range t.Zones {
		above := aboveOr(z.Above, z.Deepest)
		if z.Above > 0 && z.Deepest <= z.Ceiling+within {
			above, hardly = above+" *", true
		}
		fmt.Fprintf(tw, "  %s\t%s\t%s\t%s\t%d\t%s\t%s\n", z.Zone.Name(), sideWord(z.Side), z.Indication.Name(), mm(z.Ceiling), z.Strokes, above, depthOr(z.Deepest))
	}
	fmt.Fprintf(tw, "  all\t\t\t\t%d\t%s\t%s\n", t.Strokes, aboveOr(t.Above, t.Deepest), depthOr(t.Deepest))
	tw.Flush()
	if hardly {
		fmt.Fprintf(w, "  * within the accuracy of the pen, ±%s mm\n", mm(within))
	}
}

// accuracy is by how much a depth of the session's pen may be off.
func (s *story) accuracy() protocol.Micrometres {
	if p := s.proc.Pen; p != nil {
		id := protocol.Identity{Accuracy: uint16(max(p.Accuracy, 0))}
		return id.Tolerance()
	}
	return 0
}

// printDose tells what was done in each zone: passes by each way of counting, time
// in contact, the middle of the depths, and the density, always an estimate.
func (s *story) printDose(w io.Writer) {
	var rows []string
	for _, z := range s.proc.Totals.Zones {
		if z.Contact == 0 && z.ContactMS == 0 && z.Passes == (session.PassCount{}) && z.Seconds == 0 {
			continue
		}
		contact, density := seconds(time.Duration(z.ContactMS)*time.Millisecond), densityWords(&z)
		switch {
		case z.ContactMS == 0 && z.Seconds > 0:
			contact = seconds(time.Duration(z.Seconds)*time.Second) + " entered"
		case z.NoContact:
			contact += ", contact not known"
		}
		rows = append(rows, fmt.Sprintf("  %s\t%s\t%s\t%s\t%s\t%s\t%s\n", z.Zone.Name(), sideWord(z.Side), passWords(z.Passes), contact, depthOr(z.P50), depthOr(z.P95), density))
	}
	if len(rows) == 0 {
		return
	}
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "  ZONE\tSIDE\tPASSES\tIN CONTACT\tHALF TO mm\t95 % TO mm\tTREATMENT DENSITY")
	for _, r := range rows {
		fmt.Fprint(tw, r)
	}
	tw.Flush()
	if n := s.proc.Totals.Late; n > 0 {
		fmt.Fprintf(w, "  %s found late, after treatment was said to be of another zone\n", count(n, "exceedance"))
	}
}

// densityWords is the density, or what is missing for it.
func densityWords(z *session.ZoneTotal) string {
	switch {
	case z.Contact == 0:
		return "–"
	case z.Punctures == 0:
		return "needles not known"
	case z.AreaMM2 == 0:
		return "area not known"
	case z.NoNeedles:
		return fmt.Sprintf("more than ~%d /cm²: needles of a cartridge not known", z.Density)
	}
	return fmt.Sprintf("~%d /cm²", z.Density)
}

// passWords is the count that people go by, and how it came about.
func passWords(c session.PassCount) string {
	var from []string
	if c.Marked > 0 {
		from = append(from, fmt.Sprintf("%d marked", c.Marked))
	}
	if c.Entered > 0 {
		from = append(from, fmt.Sprintf("%d entered", c.Entered))
	}
	if c.Inferred > 0 {
		how := "inferred"
		if c.Estimated {
			how = "estimated"
		}
		from = append(from, fmt.Sprintf("%d %s", c.Inferred, how))
	}
	if c.Corrected != 0 {
		from = append(from, fmt.Sprintf("corrected by %+d", c.Corrected))
	}
	if len(from) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", c.Shown(), strings.Join(from, ", "))
}

func (s *story) printStops(w io.Writer) {
	t := s.proc.Totals
	line := fmt.Sprintf("\n  Waited %s, STOPPED %s", count(t.Holds, "time"), count(t.Trips, "time"))
	if t.Alarms > 0 {
		line += ", alarmed " + count(t.Alarms, "time")
	}
	var took []string
	for _, e := range s.entries {
		if st, ok := e.event.(session.StopSeen); ok {
			took = append(took, ms(st.TookUS))
		}
	}
	if len(took) > 0 {
		line += "; needles stopped " + strings.Join(took, ", ") + " after the stop was sent"
	}
	fmt.Fprintln(w, line)
}

func (s *story) printTimeline(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	date := ""
	for i := range s.entries {
		e := &s.entries[i]
		at := e.record.At.Time().Local()
		d := at.Format("2006-01-02")
		if date != "" && d != date {
			fmt.Fprintf(tw, "%s\t\t\n", d)
		}
		date = d
		who, what := e.words()
		fmt.Fprintf(tw, "%s\t%s\t%s\n", clock(e.record.At), plain(string(who)), plain(what))
	}
	tw.Flush()
}

// words tell what the signal covers.
func (g *signalStory) words() string {
	if g.readings == 0 {
		return "none"
	}
	var missing time.Duration
	var longest gap
	for _, x := range g.gaps {
		missing += x.took
		if x.took > longest.took {
			longest = x
		}
	}
	line := fmt.Sprintf("%s over %s, %s lost", count(g.readings, "reading"), seconds(g.covered), count(g.lost, "frame"))
	if len(g.gaps) == 0 {
		return line + ", no gap"
	}
	return line + fmt.Sprintf(", %s of %s in all, the longest %s at %s", count(uint64(len(g.gaps)), "gap"), seconds(missing), seconds(longest.took), clock(longest.from))
}

func (g *signalStory) print(w io.Writer) {
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "SIGNAL FROM\tREADINGS\tLOST\tSET mm\tDEEPEST mm\tSTROKES\tRATE\tMOTOR\tPEN")
	for _, c := range g.chunks {
		set, rate, motor, ready := "–", "–", "off", "Not ready"
		if c.set >= 0 {
			set = mm(c.set)
		}
		if c.motor {
			motor, rate = "on", c.rate.String()
		}
		if c.permit {
			ready = "Ready"
		}
		fmt.Fprintf(tw, "%s\t%d\t%d\t%s\t%s\t%d\t%s\t%s\t%s\n", clock(c.chunk.From), c.chunk.Count, c.chunk.Lost, set, depthOr(c.deepest), c.strokes, rate, motor, ready)
	}
	tw.Flush()
}

// aboveOr gives a count of strokes above the max depth, or a dash where no depth
// was measured, so that none could be counted.
func aboveOr(n uint64, deepest protocol.Micrometres) string {
	if n == 0 && deepest == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

// depthOr gives a depth, or a dash for one that was not reported.
func depthOr(d protocol.Micrometres) string {
	if d <= 0 {
		return "–"
	}
	return mm(d)
}

func sideWord(s limits.Side) string {
	if !s.Valid() {
		return "–"
	}
	return s.Name()
}

// count gives a number with its noun.
func count(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
