package main

import (
	"fmt"
	"strings"

	"penlog/session"
	"penlog/session/cartridge"
)

// visitWords tells what people did around the treatment: they prepare, mark,
// correct and sign. It reports whether e was such.
func visitWords(e session.Event) (who session.By, what string, ok bool) {
	switch e := e.(type) {
	case session.Described:
		return e.By, describedWords(&e), true
	case session.Planned:
		return e.By, fmt.Sprintf("Plan of %s", zones(e.Items)), true
	case session.ZoneAdded:
		return e.By, "Added to the plan: " + zones([]session.PlanItem{e.Item}), true
	case session.Screened:
		return e.By, screenedWords(&e), true
	case session.Cleared:
		return e.By, fmt.Sprintf("Cleared %s: %s", spaced(e.Code), e.Text), true
	case session.Consented:
		what = "Consent, form " + e.Version
		if e.OffLabel {
			what += ", told that the use is off-label"
		}
		return e.By, what, true
	case session.AnaestheticStep:
		return e.By, anaestheticWords(&e), true
	case session.ProductUsed:
		return e.By, fmt.Sprintf("Glide product: %s, for %s", e.Name, e.Purpose), true
	case session.CartridgeIn:
		return e.By, cartridgeWords(&e), true
	case session.CartridgeOut:
		return e.By, "Cartridge out", true
	case session.AlarmHeard:
		return e.By, "Alarm played, and heard", true
	case session.ModeAccepted:
		return e.By, "Accepted a pen that is " + spaced(e.Mode.String()), true
	case session.PenDeclared:
		return e.By, fmt.Sprintf("Pen without a link: %s %s, up to %s mm", e.Vendor, e.Model, mm(e.DepthMax)), true
	case session.AreaSet:
		return e.By, fmt.Sprintf("Area of %s: %d.%02d cm²", e.Zone.Name(), e.MM2/100, e.MM2%100), true
	}
	return treatedWords(e)
}

// treatedWords tells what people did while treating and after it.
func treatedWords(e session.Event) (who session.By, what string, ok bool) {
	switch e := e.(type) {
	case session.Overridden:
		what = fmt.Sprintf("Override to %s mm until %s: %s", mm(e.Value), clock(e.Until)[:5], e.Reason)
		if e.Second != "" {
			what += ", seconded by " + string(e.Second)
		}
		return e.By, what, true
	case session.OverrideEnded:
		return e.By, "Override ended (" + e.Why + "): Max depth " + mm(e.Verdict.Allowed) + " mm", true
	case session.StartedEvent:
		return e.By, "Treatment begins; nothing is monitored", true
	case session.PassMarked:
		switch {
		case e.Fixes:
			return e.By, fmt.Sprintf("Pass count corrected by %+d", e.Delta), true
		case e.Button != 0:
			return e.By, "Pass marked at the pen", true
		}
		return e.By, "Pass marked", true
	case session.EntryMade:
		return e.By, entryWords(&e), true
	case session.EndpointSeen:
		what = "Endpoint: " + spaced(e.Sign)
		if e.Pain != nil {
			what += fmt.Sprintf(", pain %d of 10", *e.Pain)
		}
		return e.By, what, true
	case session.Reattributed:
		return e.By, reattributedWords(&e), true
	case session.HandedOver:
		return e.By, "Handed over to " + string(e.To), true
	case session.Muted:
		return e.By, "Alarm sound paused until " + clock(e.Until)[:8], true
	case session.ReasonGiven:
		return e.By, strings.TrimSuffix("Aborted because of "+spaced(e.Code)+": "+e.Text, ": "), true
	case session.OutcomeSet:
		what = "Outcome: " + e.Reaction
		if !e.Settled {
			what += ", bleeding not settled"
		}
		return e.By, what, true
	case session.AftercareGiven:
		return e.By, "Aftercare given, leaflet " + e.Leaflet, true
	case session.FollowedUp:
		return e.By, fmt.Sprintf("Follow-up on %v: %s", e.On, e.Findings), true
	case session.AdverseSeen:
		return e.By, fmt.Sprintf("Adverse event, %s: %s", e.Severity, e.Type), true
	case session.Corrected:
		return e.By, fmt.Sprintf("Correction of record %d: %s", e.Seq, e.Text), true
	case session.PatientReassigned:
		return e.By, fmt.Sprintf("The session is of patient %s (with %s): %s", e.Patient, e.Second, e.Reason), true
	case session.Signed:
		return e.By, fmt.Sprintf("Signed up to record %d: %s", e.Seq, e.Meaning), true
	}
	return session.Agent, e.Kind(), false
}

// spaced is a code as people read it.
func spaced(code string) string { return strings.ReplaceAll(code, "_", " ") }

func zones(items []session.PlanItem) string {
	var out []string
	for _, i := range items {
		s := i.Zone.Name()
		if i.Side.Valid() {
			s += ", " + i.Side.Name()
		}
		if i.Depth > 0 {
			s += " at " + mm(i.Depth) + " mm"
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func describedWords(e *session.Described) string {
	s := "Phototype not known"
	if e.Phototype > 0 {
		s = "Phototype " + [...]string{"I", "II", "III", "IV", "V", "VI"}[min(e.Phototype, 6)-1]
	}
	if e.Age > 0 {
		s += fmt.Sprintf(", %d years", e.Age)
	}
	return s
}

func screenedWords(e *session.Screened) string {
	var yes, unknown []string
	for _, a := range e.Answers {
		switch a.Answer {
		case "yes":
			yes = append(yes, spaced(a.Code))
		case "no":
		default:
			unknown = append(unknown, spaced(a.Code))
		}
	}
	s := fmt.Sprintf("Screening: %d answered", len(e.Answers))
	if len(yes) == 0 && len(unknown) == 0 {
		return s + ", all with no"
	}
	if len(yes) > 0 {
		s += ", yes to " + strings.Join(yes, ", ")
	}
	if len(unknown) > 0 {
		s += ", not known: " + strings.Join(unknown, ", ")
	}
	return s
}

func anaestheticWords(e *session.AnaestheticStep) string {
	s := map[string]string{"none": "No anaesthetic used", "on": "Anaesthetic on", "off": "Anaesthetic off", "wiped": "Anaesthetic wiped off",
		"reaction": "Reaction to the anaesthetic"}[e.Step]
	if e.Product != "" {
		s += ": " + e.Product
	}
	if e.Tenths > 0 {
		s += fmt.Sprintf(", %d.%d %%", e.Tenths/10, e.Tenths%10)
	}
	if e.Above {
		s += ", stronger than the policy's figure"
	}
	return strings.TrimSpace(s + " " + e.Text)
}

func cartridgeWords(e *session.CartridgeIn) string {
	s := "Cartridge in: " + e.Model
	if e.Scan != nil {
		s = "Cartridge in, scanned: " + strings.TrimSpace(e.Model+" lot "+e.Scan.Lot)
		if e.Scan.Serial != "" {
			s += ", serial " + e.Scan.Serial
		}
		if e.Scan.Expiry != (cartridge.Date{}) {
			s += ", good until " + e.Scan.Expiry.String()
		}
	}
	if e.Needles > 0 {
		s += fmt.Sprintf(", %d needles", e.Needles)
	}
	if e.Length > 0 {
		s += " of " + mm(e.Length) + " mm (" + e.LengthFrom + ")"
	}
	if e.UseKey == "" {
		s += "; single use can't be proven"
	}
	return s
}

func entryWords(e *session.EntryMade) string {
	s := "Entered:"
	if e.Set != nil {
		s += " dial " + mm(*e.Set) + " mm"
	}
	if e.Passes > 0 {
		s += fmt.Sprintf(" %d passes", e.Passes)
	}
	if e.Seconds > 0 {
		s += fmt.Sprintf(" %d s", e.Seconds)
	}
	if e.Above {
		s += ", above Max depth"
	}
	return s
}

func reattributedWords(e *session.Reattributed) string {
	s := fmt.Sprintf("%s of treatment belongs to %s: %s", count(uint64(len(e.Spans)), "part"), e.Zone.Name(), e.Reason)
	switch {
	case e.Late == nil:
	case e.Late.Strokes == 0:
		s += fmt.Sprintf("; exceedance found late: dial entered at %s mm, Max depth there %s mm", mm(e.Late.Deepest), mm(e.Late.Ceiling))
	default:
		s += fmt.Sprintf("; exceedance found late: %d strokes, deepest %s mm, Max depth there %s mm", e.Late.Strokes, mm(e.Late.Deepest), mm(e.Late.Ceiling))
	}
	return s
}
