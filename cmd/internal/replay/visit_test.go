package replay_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/captures"
	"penlog/cmd/internal/replay"
	"penlog/device/capture"
	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/rehearsal"
)

// visit is a stage with a slow lane: a whole session, whose record is kept.
type visit struct {
	*stage
	cold   *session.Cold
	stored captures.Stored
	noted  int // of stage.live
}

const technician = session.By("op-1")

func newVisit(t *testing.T) *visit {
	v := &visit{stage: newStage(t, "reference", 0, 25)}
	v.cold = session.NewCold(session.ColdConfig{Limits: limits.Default(), Version: "stage", NewID: func(protocol.At) session.ID { return session.ID{1, 2, 3} }})
	v.cold.Reserve(true)
	v.each = v.slow
	return v
}

// slow is a turn of the slow lane: its disk is quick.
func (v *visit) slow(*stage) {
	at := protocol.At(int64(v.now) + v.wall)
	v.cold.World(session.World{Clock: session.Fact{State: session.FactGood}, Record: session.Fact{State: session.FactGood}, Awake: session.Fact{State: session.FactGood}})
	for ; v.noted < len(v.live); v.noted++ {
		v.cold.Note(&v.live[v.noted], v.now, at)
	}
	v.cold.Tick(v.now, at)
	var b session.Batch
	for v.cold.Batch(&b) {
		v.stored.Records = append(v.stored.Records, b.Records...)
		if b.Chunk != nil {
			v.stored.Chunks = append(v.stored.Chunks, *b.Chunk)
		}
		v.cold.Committed(b.Seq, v.now)
	}
	var o session.Order
	for v.cold.Order(&o) {
		v.orders = append(v.orders, o)
	}
	var a session.Answer
	for v.cold.Answer(&a) {
		if a.Err != nil {
			v.t.Errorf("at %v: refused: %v; checks %+v", v.now.Sub(v.epoch), a.Err, v.cold.Checks())
		}
	}
}

// asks gives commands.
func (v *visit) asks(cmds ...session.Command) func(*stage) {
	return func(*stage) {
		for _, c := range cmds {
			c.By = technician
			v.cold.Command(c, v.now, protocol.At(int64(v.now)+v.wall))
		}
	}
}

func (v *visit) export() []byte {
	v.t.Helper()
	file, err := captures.Export(v.stored, captures.ExportConfig{ID: [8]byte{0xde, 0xed}, Key: [32]byte{1}, Software: "penlog stage"})
	if err != nil {
		v.t.Fatal(err)
	}
	return file
}

// treated plays a session with everything that a guard has to say something about.
func treated(t *testing.T) *visit {
	v := newVisit(t)
	do := func(k session.CommandKind) func(*stage) { return v.asks(session.Command{Do: k}) }
	choose := session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.AcneScarRolling}
	v.run(24*time.Second,
		at(600, v.asks(append([]session.Command{rehearsal.Open(technician)}, rehearsal.Prepare(technician)...)...)),
		at(1000, v.asks(choose)),
		at(1500, press), // without a permit: nothing moves
		at(3000, do(session.CmdArm)), at(3200, touch), at(3500, press),
		at(5000, fault("deep", 1500)), at(6000, well("deep")), at(7000, do(session.CmdAcknowledge)), at(8000, do(session.CmdResume)),
		at(8500, press), at(9500, press),
		at(10_000, dial(2500)), at(11_000, dial(500)),
		at(11_600, press), at(12_500, fault("reboot", 0)), at(14_000, do(session.CmdAcknowledge)), at(15_000, unplug), at(16_000, replug), at(17_500, press),
		at(18_000, do(session.CmdResume)), at(18_500, press), at(19_500, do(session.CmdPause)), at(20_000, do(session.CmdResume)), at(20_300, press), at(21_000, press),
		at(22_500, do(session.CmdFinish)))
	return v
}

// broke are the findings that stop or hold, in the words of the journal.
func (v *visit) broke() (out []string) {
	for i := range v.stored.Records {
		if e, _, err := session.DecodeEvent(&v.stored.Records[i]); err == nil {
			if b, ok := e.(session.RuleBroke); ok && (b.Response == session.Trip || b.Response == session.Hold) {
				out = append(out, b.Response.String()+" "+b.Rule.String())
			}
		}
	}
	return out
}

// A session that was stored and exported replays to the holds and trips of its journal.
func TestExportedSessionReplays(t *testing.T) {
	v := treated(t)
	c := load(t, v.export())
	notes, stats := replay.Notes(c)
	var got []string
	for i := range notes {
		if f := &notes[i].Finding; notes[i].Kind == session.NoteFinding && f.On && (f.Response == session.Trip || f.Response == session.Hold) {
			got = append(got, f.Response.String()+" "+f.Rule.String())
		}
	}
	got = slices.DeleteFunc(got, func(s string) bool { return s == "hold pen_unproven" })
	want := slices.DeleteFunc(v.broke(), func(s string) bool { return s == "hold pen_unproven" }) // the test before the session is made up
	for _, rule := range []string{"trip depth_above_ceiling", "hold dial_above_ceiling", "trip pen_rebooted", "hold link_lost"} {
		if !slices.Contains(want, rule) {
			t.Errorf("the session has no %q: it shows nothing", rule)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("replayed: %q\njournal:  %q", got, want)
	}
	if stats.Differences > 0 || stats.Would < 50 || stats.Permits < 50 {
		t.Errorf("%d differences, %d permits would be sent, %d were made up", stats.Differences, stats.Would, stats.Permits)
	}
	if t.Failed() {
		var out bytes.Buffer
		replay.Write(&out, c, replay.Options{Frames: os.Getenv("DBG") != ""})
		t.Log(out.String())
		for i := range v.stored.Records {
			r := &v.stored.Records[i]
			t.Logf("%10d %s %.200s", r.Mono-stageEpoch, r.Kind, strings.TrimPrefix(string(r.Body), `{"source":"simulator","event":`))
		}
	}
}

// The journal has a press only once the slow lane took it in; in the replay it comes
// when it was made, or the run would look as if nobody had pressed.
func TestExportedPressComesInTime(t *testing.T) {
	v := newVisit(t)
	do := func(k session.CommandKind) func(*stage) { return v.asks(session.Command{Do: k}) }
	choose := session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.AcneScarRolling}
	v.run(9*time.Second,
		at(600, v.asks(append([]session.Command{rehearsal.Open(technician)}, rehearsal.Prepare(technician)...)...)),
		at(1000, v.asks(choose)), at(1500, press), at(3000, do(session.CmdArm)), at(3200, touch),
		at(3450, func(*stage) { v.each = func(*stage) {} }), // it hangs
		at(3500, press),
		at(4900, func(*stage) { v.each = v.slow }),
		at(6500, press), at(7500, do(session.CmdFinish)))
	if got := v.broke(); len(got) > 1 || len(got) == 1 && got[0] != "hold pen_unproven" {
		t.Fatalf("the session itself has %q", got)
	}
	notes, _ := replay.Notes(load(t, v.export()))
	if got := stops(notes); len(got) > 0 {
		t.Errorf("replayed: %q, the journal has none", got)
	}
}

// stops are the trips and holds that a replay finds, but for those of the pen's test.
func stops(notes []session.Note) (out []string) {
	for i := range notes {
		if f := &notes[i].Finding; notes[i].Kind == session.NoteFinding && f.On && (f.Response == session.Trip || f.Response == session.Hold) && f.Rule != session.PenUnproven {
			out = append(out, f.Response.String()+" "+f.Rule.String())
		}
	}
	return out
}

// The journal of an agent that died and was started again counts its moments anew.
func TestExportOverARestart(t *testing.T) {
	v := treated(t)
	want, _ := replay.Notes(load(t, v.export()))
	after := protocol.At(0) // the cable was pulled while nothing ran: here another agent takes over
	for i := range v.stored.Records {
		r := &v.stored.Records[i]
		if r.Kind == "pen_down" && r.Mono > stageEpoch+14_500_000 && after == 0 {
			after = r.At
		}
		if after != 0 && r.At > after {
			r.Mono -= 14_000_000
		}
	}
	for i := range v.stored.Chunks {
		c := &v.stored.Chunks[i]
		if c.From <= after {
			continue
		}
		samples, err := session.Samples(c.Body)
		if err != nil {
			t.Fatal(err)
		}
		c.Body = nil
		for _, s := range samples {
			s.Arrived -= 14_000_000
			c.Body = session.AppendSample(c.Body, &s)
		}
	}
	got, stats := replay.Notes(load(t, v.export()))
	if a, b := stops(want), stops(got); !slices.Equal(a, b) || stats.Differences > 0 {
		t.Errorf("replayed %q, %d differences; in one life %q", b, stats.Differences, a)
	}
}

// A clock that was set back shows in the record's own times.
func TestExportOfAClockSetBack(t *testing.T) {
	v := newVisit(t)
	choose := session.Command{Do: session.CmdChoose, Zone: limits.Cheek, Side: limits.Left, Indication: limits.AcneScarRolling}
	v.run(8*time.Second,
		at(600, v.asks(append([]session.Command{rehearsal.Open(technician)}, rehearsal.Prepare(technician)...)...)),
		at(1000, v.asks(choose)), at(1500, press), at(3000, v.asks(session.Command{Do: session.CmdArm})), at(3500, press), at(4500, clock(-time.Hour)),
		at(6500, v.asks(session.Command{Do: session.CmdResume})), at(7500, v.asks(session.Command{Do: session.CmdFinish})))
	got, stats := replay.Notes(load(t, v.export()))
	if a, b := stops(got), []string{"hold clock_jumped"}; !slices.Equal(a, b) || stats.Differences > 0 || stats.Lost > 0 {
		t.Errorf("replayed %q, %d differences, %d ports lost; want %q alone", a, stats.Differences, stats.Lost, b)
	}
}

// Nothing of a patient, a person, a zone or one single pen is in an exported capture.
func TestExportHoldsNobody(t *testing.T) {
	v := treated(t)
	file := v.export()
	for _, word := range []string{rehearsal.Patient, string(technician), limits.Cheek.String(), limits.AcneScarRolling.String(), "SIM-"} {
		if bytes.Contains(file, []byte(word)) {
			t.Errorf("the capture holds %q", word)
		}
	}
	r, err := capture.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	if h := r.Header(); h.Source != capture.SourceSession || !h.Simulated {
		t.Errorf("header %+v, want a simulated session", h)
	}
	if again := v.export(); !bytes.Equal(file, again) {
		t.Error("the same session gives another capture")
	}
}

// remakeExported makes the capture of an exported session anew.
func remakeExported(t *testing.T) {
	if err := os.WriteFile(folder("exported-session"+capture.Suffix), treated(t).export(), 0o644); err != nil {
		t.Fatal(err)
	}
}
