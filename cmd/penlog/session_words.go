package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// eventWords tells who did what, in the words of the screen: Max depth, Ready,
// Waiting, STOPPED.
func eventWords(e session.Event) (who session.By, what string) {
	who = session.Agent
	switch e := e.(type) {
	case session.Opened:
		return e.By, "Session opened"
	case session.PenUp:
		what = fmt.Sprintf("Pen connected: %s %s, serial %s, firmware %s, %s–%s mm", e.Vendor, e.Model, e.Serial, e.Firmware, mm(e.DepthMin), mm(e.DepthMax))
		if e.DepthStep > 0 {
			what += " in steps of " + mm(e.DepthStep)
		}
		if e.Simulated {
			what += ", SIMULATED"
		}
	case session.PenDown:
		what = "Pen disconnected"
	case session.ModeChanged:
		what = modeWords[e.Mode]
	case session.ZoneChosen:
		what = "Zone chosen. " + e.Verdict.Words()
		if e.Higher {
			what += "; higher than before, so it has to be confirmed"
		}
		return e.By, what
	case session.ZoneRefused:
		return e.By, e.Verdict.Words()
	case session.CartridgeSeen:
		what = "Cartridge: its needles' length is not known"
		if e.Length > 0 {
			what = fmt.Sprintf("Cartridge: needles of %s mm", mm(e.Length))
		}
		if e.Verdict != nil {
			what += ". " + e.Verdict.Words()
		}
	case session.ArmedEvent:
		return e.By, "Time-out done: " + placeWords(&e.Verdict)
	case session.ResumedEvent:
		return e.By, "Resumed: " + placeWords(&e.Verdict)
	case session.CeilingConfirmed:
		what = fmt.Sprintf("Pen confirms Max depth %s mm", mm(e.Ceiling))
	case session.PressTested:
		what = "Press test passed: without Ready, start does nothing"
	case session.PenActed:
		what = "Pen: " + strings.ReplaceAll(e.What, "_", " ")
		if came, ok := startWords[protocol.StartResult(e.Arg)]; ok && e.What == "press_start" {
			what = "Pen: start pressed, " + came
		}
		switch {
		case e.What == "motor_stopped":
			what += ": " + stopWords(protocol.StopCause(e.Arg))
		case e.What == "own_stop" && e.Arg < int(protocol.None):
			what = fmt.Sprintf("Pen: its own check saw %s mm and stopped it", mm(protocol.Micrometres(e.Arg)))
		case e.What == "fault":
			what += fmt.Sprintf(", its maker's code %d", e.Arg)
		}
	case session.MotorRan:
		what = "Motor on"
		if e.Unseen {
			what = "The motor was on while no reading came"
		}
	case session.MotorRested:
		what = fmt.Sprintf("Motor off: %d strokes", e.Strokes)
		if e.Going {
			what = fmt.Sprintf("Motor still on: %d strokes", e.Strokes)
		}
		if e.Deepest > 0 {
			what += ", deepest " + mm(e.Deepest) + " mm"
		}
		if e.Above > 0 {
			what += fmt.Sprintf(", %d above Max depth", e.Above)
		}
		if e.Unseen {
			what += ", by the pen's count"
		}
	case session.RuleBroke:
		what = brokeWords(&e)
	case session.RuleHealed:
		what = "Cleared: " + e.Rule.Words().Cause
	case session.StopSeen:
		what = fmt.Sprintf("Needles stopped %s after the stop was sent", ms(e.TookUS))
	case session.Acknowledged:
		return e.By, "Acknowledged: " + e.Rule.Words().Cause
	case session.PausedEvent:
		return e.By, "Paused (" + e.Why + ")"
	case session.Noted:
		return e.By, "Note: " + e.Text
	case session.SignalGap:
		what = fmt.Sprintf("%d readings were not recorded: %s", e.Readings, e.Why)
	case session.EntriesDropped:
		what = fmt.Sprintf("%d entries were not recorded: %s", e.Entries, e.Why)
	case session.Ended:
		what = "Session " + e.As.String()
		if e.Reason != "" {
			what += ", " + spaced(e.Reason)
		}
		if e.Why != "" {
			what += ": " + e.Why
		}
		return e.By, what
	default:
		who, what, _ = visitWords(e)
	}
	return who, what
}

// startWords are what came of a press to start.
var startWords = map[protocol.StartResult]string{
	protocol.StartRan:        "the motor started",
	protocol.StartNoPermit:   "Not ready: the motor stayed still",
	protocol.StartDepthAbove: "the set depth is above Max depth: the motor stayed still",
	protocol.StartFault:      "the pen has a fault: the motor stayed still",
}

// stopWords are why the pen says that its motor stopped.
func stopWords(c protocol.StopCause) string {
	words := map[protocol.StopCause]string{
		protocol.StopPress: "start pressed again", protocol.StopLapse: "no permit was renewed", protocol.StopRevoke: "told to stop",
		protocol.StopCeiling: "another Max depth was set", protocol.StopHello: "Penlog connected anew",
		protocol.StopFault: "a fault", protocol.StopOwn: "its own check of depth",
	}
	if w, ok := words[c]; ok {
		return w
	}
	return fmt.Sprintf("cause %d", c)
}

var modeWords = map[session.Mode]string{
	session.ModeNone:      "Pen not monitored",
	session.ModeGuarded:   "Guarded: the pen proved that it stops without a permit",
	session.ModeStoppable: "Stoppable: the pen takes a stop, but loss of the link does not stop it",
	session.ModeMonitor:   "Monitor only: the pen can't be stopped by Penlog",
	session.ModeManual:    "Manual: the pen has no link, nothing is monitored",
}

// responseWords are how a response of the guard reads on the screen.
var responseWords = map[session.Response]string{
	session.Hold: "Waiting", session.Trip: "STOPPED", session.Alarm: "Alarm", session.Advisory: "Notice",
}

func brokeWords(b *session.RuleBroke) string {
	head, ok := responseWords[b.Response]
	if !ok {
		head = b.Response.String()
	}
	what := head + ": " + b.Rule.Words().Cause
	switch {
	case b.Value > 0 && b.Limit > 0:
		what += fmt.Sprintf(" (%s mm, Max depth %s mm)", mm(b.Value), mm(b.Limit))
	case b.Value > 0:
		what += fmt.Sprintf(" (%s mm)", mm(b.Value))
	}
	return what
}

// placeWords names zone, side, indication and ceiling.
func placeWords(v *limits.Verdict) string {
	s := v.Zone.Name()
	if v.Side.Valid() {
		s += ", " + v.Side.Name()
	}
	return fmt.Sprintf("%s, %s, Max depth %s mm", s, v.Indication.Name(), mm(v.Allowed))
}

// ms gives microseconds as people read a stop time.
func ms(us int64) string { return fmt.Sprintf("%d.%d ms", us/1000, us%1000/100) }

// seconds gives a stretch of time with one decimal, and minutes above a minute.
func seconds(d time.Duration) string {
	d = d.Round(100 * time.Millisecond)
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %04.1f s", int(d.Minutes()), (d % time.Minute).Seconds())
}

// plain keeps what a pen, a person or a newer program wrote from steering the
// terminal: what can't be seen becomes a space.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) && !unicode.Is(unicode.Zl, r) && !unicode.Is(unicode.Zp, r) {
			return r
		}
		return ' '
	}, s)
}

// clock gives the time of day where this PC stands.
func clock(at protocol.At) string { return at.Time().Local().Format("15:04:05.000") }

// day gives the date and time to the second where this PC stands.
func day(at protocol.At) string { return at.Time().Local().Format("2006-01-02 15:04:05") }

// simulatedMark stands wherever a session of a simulated pen is shown.
const simulatedMark = "SIMULATED"
