package protocol_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"penlog/protocol"
)

const document = "PROTOCOL.md"

// exchange plays the worked exchange of PROTOCOL.md §12 and writes it down.
func exchange(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	r := newRig(t, func(c *protocol.PenConfig) { c.Lifetime, c.Unpermitted = 250_000, 120 })
	line := func(dir string, at protocol.Uptime, m message, wire []byte, note string) {
		fmt.Fprintf(&out, "%s %07d %s%s\n", dir, at, typeName(m), note)
		for part := range chunks(wire, 24) {
			fmt.Fprintf(&out, "    % x\n", part)
		}
	}
	notes := func(m message) string {
		switch m := m.(type) {
		case *protocol.Reading:
			return fmt.Sprintf(": motor %d, set %s, measured %s, peak %s, strokes %d, generation %d, ceiling %d, permit_ms %d",
				m.Flags.Motor(), um(m.Set), um(m.Measured), um(m.Peak), m.Strokes, m.Generation, m.Ceiling, m.PermitMS)
		case *protocol.PenEvent:
			return fmt.Sprintf(": id %d, kind %d, arg %d, tick %d", m.ID, m.Kind, m.Arg, m.Tick)
		case *protocol.Refusal:
			return fmt.Sprintf(": %v, %v", m.Of, m.Reason)
		case *protocol.Welcome:
			return fmt.Sprintf(": generation %d, rate %d", m.Generation, m.Rate)
		case *protocol.SyncReply:
			return fmt.Sprintf(": token %d, received %d, sent %d", m.Token, m.Received, m.Sent)
		case *protocol.Hello:
			return fmt.Sprintf(": nonce %#016x, generation %d, rate %d", m.Nonce, m.Generation, m.Rate)
		case *protocol.Ceiling:
			return fmt.Sprintf(": generation %d, depth %d", m.Generation, m.Depth)
		case *protocol.Permit:
			return fmt.Sprintf(": generation %d, depth %d, seen_tick %d, life_ms %d", m.Generation, m.Depth, m.SeenTick, m.LifeMS)
		case *protocol.Revoke:
			return fmt.Sprintf(": generation %d", m.Generation)
		case *protocol.EventAck:
			return fmt.Sprintf(": id %d", m.ID)
		case *protocol.Sync:
			return fmt.Sprintf(": token %d", m.Token)
		}
		return ""
	}
	logged := 0
	pen := func() {
		r.collect()
		for _, h := range r.log[logged:] {
			line(">", h.at, h.m, protocol.AppendFrame(nil, h.typ, h.seq, h.m.Append(nil)), notes(h.m))
		}
		logged = len(r.log)
	}
	host := func(m message) {
		wire := r.wire(m)
		line("<", r.now, m, wire, notes(m))
		r.p.Receive(wire, r.now)
		pen()
	}
	say := func(s string) { fmt.Fprintf(&out, "# %s\n", s) }
	to := func(at protocol.Uptime) { // what falls due on the way is left out, but for the last instant
		r.now = at
		r.p.Advance(at)
		pen()
	}
	hand := func(s string) { fmt.Fprintf(&out, "* %07d %s\n", r.now, s) }

	say("The pen has booted and announces itself. The host answers with hello.")
	r.p.Sense(0, protocol.Sensors{Set: 750, Retracted: true, Cartridge: true, CurrentMA: 0, Battery: 90, NeedleLength: 2500, NeedleCount: 14})
	to(0)
	r.now = 200_000
	h := hello()
	h.Rate = 50
	host(h)
	say("Clocks.")
	r.now = 205_000
	host(&protocol.Sync{Session: session, Token: 1})
	say("The trial by which the pen earns 'guarded': a ceiling of 1 µm, one permit, seen until its end and not after.")
	r.now = 210_000
	host(&protocol.Ceiling{Session: session, Generation: 18, Depth: protocol.TrialCeiling})
	r.now = 216_000
	host(&protocol.Permit{Session: session, Generation: 18, Depth: protocol.TrialCeiling, SeenTick: 210_000, LifeMS: 150})
	r.now = 359_999
	r.p.Advance(r.now)
	r.collect()
	logged = len(r.log)
	to(360_000)
	say("The treatment: a ceiling of 1.00 mm, confirmed by the reading that follows at once.")
	r.now = 410_000
	host(&protocol.Ceiling{Session: session, Generation: 19, Depth: 1000})
	say("A press without a permit starts nothing.")
	r.now = 416_000
	hand("press")
	r.p.Press(r.now)
	pen()
	host(&protocol.EventAck{Session: session, ID: 1})
	say("A permit, seen_tick being the newest reading's; then a press that starts.")
	r.now = 422_000
	host(&protocol.Permit{Session: session, Generation: 19, Depth: 1000, SeenTick: 410_000, LifeMS: 300})
	r.now = 430_000
	hand("press")
	r.p.Press(r.now)
	pen()
	host(&protocol.EventAck{Session: session, ID: 2})
	say("A reading while it runs. Its tick is the next permit's seen_tick.")
	r.p.Sense(445_000, protocol.Sensors{Set: 750, Motor: protocol.MotorRunning, Cartridge: true, ContactKnown: true, Contact: true,
		StrokeRate: 1000, CurrentMA: 380, Battery: 90, NeedleLength: 2500, NeedleCount: 14})
	r.p.Stroke(446_000, 742)
	to(450_000)
	r.now = 472_000
	host(&protocol.Permit{Session: session, Generation: 19, Depth: 1000, SeenTick: 450_000, LifeMS: 300})
	say("A permit for a depth that is not the ceiling.")
	host(&protocol.Permit{Session: session, Generation: 19, Depth: 1200, SeenTick: 450_000, LifeMS: 300})
	say("The host falls silent. At 450000 + 300 ms the permit is dead and the motor stops; 60 ms later the needles are clear.")
	r.now = 749_999
	r.p.Advance(r.now)
	r.collect()
	logged = len(r.log)
	to(750_000)
	r.now = 810_000
	r.p.Sense(r.now, protocol.Sensors{Set: 750, Retracted: true, Cartridge: true, ContactKnown: true, Battery: 90, NeedleLength: 2500, NeedleCount: 14})
	hand("needles clear")
	r.p.Cleared(r.now)
	pen()
	host(&protocol.EventAck{Session: session, ID: 3})
	say("A revoke. It takes a new generation and leaves no ceiling.")
	r.now = 820_000
	host(&protocol.Revoke{Session: session, Generation: 20})
	return out.String()
}

func typeName(m message) string {
	for _, typ := range allTypes {
		if x := newMessage(typ); fmt.Sprintf("%T", x) == fmt.Sprintf("%T", m) {
			return typ.String()
		}
	}
	return "?"
}

func um(d uint16) string {
	if d == protocol.None {
		return "unknown"
	}
	return strconv.Itoa(int(d))
}

func TestWorkedExchangeIsWhatTheCodeDoes(t *testing.T) {
	const begin, end = "<!-- exchange: begin -->\n", "<!-- exchange: end -->\n"
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	doc := strings.ReplaceAll(string(text), "\r\n", "\n")
	before, rest, ok := strings.Cut(doc, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the exchange", document)
	}
	want := before + begin + "\n```\n" + exchange(t) + "```\n\n" + end + after
	if doc == want {
		return
	}
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("the exchange in %s is not what the code does; if the change is meant: go test ./protocol -run Exchange -update", document)
}

// Every constant of §10 that the code has is the code's.
func TestConstantsInTheDocumentAreTheCodes(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"T_announce": milliseconds(protocol.PenAnnounce) + " ±10 %",
		"T_host":     milliseconds(protocol.PenHostTimeout),
		"T_status":   milliseconds(protocol.PenStatusPeriod),
		"T_event":    milliseconds(protocol.PenEventRepeat),
		"T_act":      milliseconds(protocol.PenPromptGap),
		"T_quiet":    milliseconds(protocol.PenBaudQuiet),
		"T_baud":     milliseconds(protocol.PenBaudTimeout),
		"T_peak":     milliseconds(protocol.PeakWindow) + " −0 +10",
		"life":       fmt.Sprintf("1…%d ms, %d", protocol.MaxLifeMS, protocol.DefaultLife.Milliseconds()),
		"renewal":    milliseconds(protocol.DefaultRenew),
		"N_refusals": fmt.Sprintf("%d per s", protocol.MaxRefusals),
		"frame":      fmt.Sprintf("≤ %d bytes", protocol.MaxFrame),
		"clock":      fmt.Sprintf("±%d %%", protocol.Oscillator/10_000_000),
	} {
		m := regexp.MustCompile(`(?m)^\| ` + name + ` \| ([^|]+) \|`).FindStringSubmatch(string(text))
		if m == nil || m[1] != want {
			t.Errorf("§10 says %s is %q, the code %q", name, m, want)
		}
	}
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

// Every clause that a comment of the code cites is in the document.
func TestCitedClausesExist(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^(?:\*\*|### |## )(\d+(?:\.\d+)?)\b`).FindAllStringSubmatch(string(text), -1) {
		have[m[1]] = true
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	cite := regexp.MustCompile(`§(\d+(?:\.\d+)?)`)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") && f.Name() != document {
			continue
		}
		src, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range cite.FindAllStringSubmatch(string(src), -1) {
			if !have[m[1]] {
				t.Errorf("%s cites §%s, which %s does not have", f.Name(), m[1], document)
			}
		}
	}
}

// §9: the figures of the stop budget follow from its formulas.
func TestStopBudgetAddsUp(t *testing.T) {
	const stop, act, lapse = 100.0, 5.0, 1.0 // ms
	line := func(payloads ...int) float64 {
		n := 0
		for _, p := range payloads {
			n += p + protocol.Overhead
		}
		return float64(n) * 10 / 115200 * 1000
	}
	reading, status, event, reply := protocol.Reading{}, protocol.Status{}, protocol.PenEvent{}, protocol.SyncReply{}
	permit, revoke := protocol.Permit{}, protocol.Revoke{}
	up := line(len(reading.Append(nil)), len(status.Append(nil)), len(event.Append(nil)), len(reply.Append(nil)))
	down := line(len(permit.Append(nil)), len(revoke.Append(nil)))
	stroke, gap, host := 1000.0/100, 1000.0/200+5, 20.0
	life := float64(protocol.DefaultLife.Milliseconds())
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for row, want := range map[string]float64{
		"a":  act + stop,
		"b":  life*1.02 + lapse + stop,
		"c":  2*stroke + gap + up + host + down + act + stop,
		"c′": stroke + gap + up + host + down + act + stop,
		"d":  2*stroke + act + stop,
	} {
		m := regexp.MustCompile(`(?m)^\| ` + row + ` \|.*\| (\d+) ms \|$`).FindStringSubmatch(string(text))
		if m == nil || m[1] != fmt.Sprintf("%.0f", want) {
			t.Errorf("§9 %s says %v, the formula gives %.1f ms", row, m, want)
		}
	}
	for _, part := range []string{fmt.Sprintf("sync_reply (%.1f)", up), fmt.Sprintf("permit (%.1f)", down)} {
		if !strings.Contains(string(text), part) {
			t.Errorf("§9 does not say %q", part)
		}
	}
}
