package main

import (
	"context"
	"fmt"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
	"penlog/session/passes"
	"penlog/store"
)

// recorder seals events and signal into a record, at times of its own.
type recorder struct {
	now             protocol.At
	mono            protocol.Instant
	records, signal session.Chain
	source          session.Source
	batches         []store.Batch // the last one is still open
	strokes         uint32
	tick            protocol.Tick
	pen             string // its model
}

// records are the sessions that tests write, by name.
var records = map[string]func(*recorder){
	"treatment": func(r *recorder) { r.treatment(); r.finish() },
	"readme": func(r *recorder) {
		r.pen = "Reference G1 (simulated)"
		r.treatment()
		r.finish()
	},
	"second": func(r *recorder) { r.treatment(); r.finish() },
	"real":   func(r *recorder) { r.source = session.SourcePen; r.treatment(); r.finish() },
	"visit":  func(r *recorder) { r.source = session.SourcePen; r.visit() },
	"open":   func(r *recorder) { r.treatment() },
	"newer": func(r *recorder) {
		r.treatment()
		r.raw("cartridge_scanned", `{"lot":"A7\u001b[2J","by":"op-1"}`)
		r.raw("rule_broke", `{"rule":"needles_blunt","response":"hold"}`)
		r.finish()
	},
	// What was cut off behind a seal is not in any chain of its own.
	"cut": func(r *recorder) {
		r.treatment()
		r.add(session.Ended{By: "op-1", As: session.Completed, SignalSeq: r.signal.Seq + 1, SignalHead: session.Hash{1}})
	},
}

// writeSession writes the session of a name into the data folder dir.
func writeSession(dir, name string) error {
	story, ok := records[name]
	if !ok {
		return fmt.Errorf("there is no session %q to write", name)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	st, err := store.Open(ctx, dir, store.Options{BallastBytes: 4096})
	if err != nil {
		return err
	}
	defer st.Close()
	w, err := st.Writer(store.WriterOptions{})
	if err != nil {
		return err
	}
	// The second session begins in the same 65 s as the first, so that their
	// ids differ late.
	begun := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	id := session.ID{0x01, 0x95, 0xe6, 0xc1, 0x2f, 0x3a, 0x7c, 0x41, 0x9d, 0x1e, 0x02, 0x42, 0xac, 0x12, 0x00, 0x02}
	if name == "second" {
		begun, id[5] = begun.Add(time.Hour), 0x3b
	}
	r := &recorder{now: protocol.AtTime(begun), mono: 1_000_000, records: session.Chain{Session: id}, signal: session.Chain{Session: id}, source: session.SourceSimulator,
		pen: "Pen\x1b[31m 4"}
	r.batches = []store.Batch{{Open: &store.Opening{ID: id, At: r.now, Simulated: name != "real" && name != "visit"}}}
	story(r)
	for _, b := range r.batches {
		if err := w.Submit(b); err != nil {
			return err
		}
	}
	cancel() // what is queued is still written
	return w.Run(ctx)
}

func (r *recorder) wait(d time.Duration) {
	r.now, r.mono = r.now+protocol.At(d.Microseconds()), r.mono.Add(d)
}

func (r *recorder) add(e session.Event) {
	body, err := session.EncodeEvent(e, r.source)
	if err != nil {
		panic(err)
	}
	r.seal(e.Kind(), body)
}

func (r *recorder) raw(kind, event string) {
	r.seal(kind, fmt.Appendf(nil, `{"source":%q,"event":%s}`, r.source, event))
}

func (r *recorder) seal(kind string, body []byte) {
	rec := session.Record{At: r.now, Mono: r.mono, Kind: kind, Body: body}
	r.records.Seal(&rec)
	b := &r.batches[len(r.batches)-1]
	b.Records = append(b.Records, rec)
	r.wait(10 * time.Millisecond)
}

// run lets the motor run for a second at 100 readings and strokes per second.
func (r *recorder) run(set, deep uint16) {
	r.add(session.MotorRan{Strokes: r.strokes})
	r.readings(set, deep, true)
	r.add(session.MotorRested{Strokes: 100, Deepest: protocol.Micrometres(deep)})
}

func (r *recorder) readings(set, deep uint16, on bool) {
	c := session.SignalChunk{From: r.now, Count: 100, Lost: 1}
	for range c.Count {
		s := session.Sample{Arrived: r.mono, Age: 1500, Reading: protocol.Reading{
			Tick: r.tick, Set: set, Measured: protocol.None, Peak: protocol.None, Strokes: r.strokes, Ceiling: 1500, PermitMS: 280}}
		if on {
			r.strokes++
			s.Reading.Flags = protocol.MakeFlags(protocol.MotorRunning, protocol.AxisUnknown, protocol.FlagPermit)
			s.Reading.Measured, s.Reading.Peak, s.Reading.StrokeRate = deep, deep, 1000
		}
		c.Body = session.AppendSample(c.Body, &s)
		c.To = r.now
		r.wait(10 * time.Millisecond)
		r.tick += 10_000
	}
	r.signal.SealChunk(&c)
	r.batches[len(r.batches)-1].Chunk = &c
	r.batches = append(r.batches, store.Batch{})
}

// verdict is what the built-in table answers, without what may change in it:
// tests compare what is shown of a record.
func verdict(z limits.Zone, i limits.Indication) limits.Verdict {
	v := limits.Default().Ask(limits.Request{Zone: z, Side: limits.Left, Indication: i, PenMin: 250, PenMax: 2500, PenStep: 250, CartridgeLength: 2500})
	v.Candidates, v.TableVersion, v.TableHash = []limits.Candidate{}, "builtin-1", "c0ffee"
	return v
}

// treatment is a session up to where it is not yet finished: cheek, a dial that
// was too deep for the nose, an over-deep stroke there, and the way back.
func (r *recorder) treatment() {
	cheek, nose := verdict(limits.Cheek, limits.AcneScarRolling), verdict(limits.Nose, limits.AcneScarRolling)
	r.add(session.Opened{By: "op-1", Agent: "0.1.0", Table: "builtin-1", Hash: "c0ffee"})
	r.add(session.PenUp{Vendor: "Example", Model: r.pen, Serial: "0001", Firmware: "1.2", Boot: 77, Simulated: r.source == session.SourceSimulator,
		DepthSource: "measured", DepthMin: 250, DepthMax: 2500, DepthStep: 250, Accuracy: 50, StopMS: 40, ReadingRate: 100})
	r.add(session.RuleBroke{Rule: session.PenUnproven, Response: session.Hold})
	r.wait(800 * time.Millisecond)
	r.add(session.ModeChanged{Mode: session.ModeGuarded})
	r.add(session.RuleHealed{Rule: session.PenUnproven, Response: session.Hold})
	r.add(session.ZoneRefused{By: "op-1", Verdict: verdict(limits.Periorbital, limits.AcneScarRolling)})
	r.add(session.ZoneChosen{By: "op-1", Verdict: cheek})
	r.add(session.PenActed{ID: 1, What: "press_start", Arg: 2})
	r.add(session.PressTested{Event: 1})
	r.add(session.ArmedEvent{By: "op-1", Verdict: cheek})
	r.add(session.CeilingConfirmed{Generation: 2, Ceiling: 1500})
	r.run(1500, 1480)
	r.add(session.ZoneChosen{By: "op-1", Verdict: nose, To: session.Armed})
	r.add(session.RuleBroke{Rule: session.DialAboveCeiling, Response: session.Hold, Value: 1500, Limit: 750, To: session.Armed})
	r.wait(3 * time.Second)
	r.add(session.RuleHealed{Rule: session.DialAboveCeiling, Response: session.Hold})
	r.add(session.CeilingConfirmed{Generation: 3, Ceiling: 750})
	r.add(session.MotorRan{Strokes: r.strokes})
	r.add(session.RuleBroke{Rule: session.DepthAboveCeiling, Response: session.Trip, Value: 1070, Limit: 750, MotorOn: true, To: session.Tripped})
	r.add(session.StopSeen{TookUS: 6240})
	r.add(session.MotorRested{Strokes: 12, Above: 2, Deepest: 1070})
	r.wait(2 * time.Second)
	r.add(session.Acknowledged{By: "op-1", Rule: session.DepthAboveCeiling})
	r.add(session.Noted{By: "op-1", Text: "skin looked at,\nno bleeding"})
	r.add(session.SignalGap{Readings: 3, Why: "the record was behind"})
	r.add(session.ResumedEvent{By: "op-1", Verdict: nose})
	r.readings(750, 0, false)
	r.run(750, 740)
}

// visit is a session in which people do more than treat, and what followed it.
func (r *recorder) visit() {
	cheek := verdict(limits.Cheek, limits.AcneScarRolling)
	r.add(session.Opened{By: "op-1", Agent: "0.1.0", Table: "builtin-1", Hash: "c0ffee", Patient: "p-01"})
	r.add(session.Described{By: "op-1", Description: session.Description{Phototype: 2, Age: 40}})
	r.add(session.Screened{By: "op-1", Answers: []session.Answered{{Code: "isotretinoin", Answer: "yes"}, {Code: "rash", Answer: "no"}}})
	r.add(session.Cleared{By: "dr-1", Code: "isotretinoin", Text: "low dose, 5 months ago"})
	r.add(session.AnaestheticStep{By: "op-1", Anaesthetic: session.Anaesthetic{Step: "on", Product: "EMLA", Tenths: 50}, Above: true})
	r.add(session.CartridgeIn{By: "op-1", Model: "skinpen", Needles: 14, LengthFrom: "none", Intact: true})
	r.add(session.PenUp{Vendor: "Example", Model: r.pen, Serial: "0001", Firmware: "1.2", Boot: 77, DepthSource: "measured", DepthMin: 250, DepthMax: 2500, DepthStep: 250})
	r.add(session.ModeChanged{Mode: session.ModeStoppable})
	r.add(session.ModeAccepted{By: "op-1", Mode: session.ModeStoppable})
	r.add(session.ZoneChosen{By: "op-1", Verdict: cheek, AreaMM2: 3000})
	r.add(session.ArmedEvent{By: "op-1", Verdict: cheek})
	r.add(session.MotorRan{})
	var depths passes.Depths
	depths.Add(1400, 400)
	depths.Add(1480, 100)
	r.add(session.MotorRested{Strokes: 500, Deepest: 1485, From: r.now - 5_000_000, Did: passes.Slice{Contact: 480, ContactMS: 4800, OnMS: 5000,
		Glides: passes.Course{{Axis: protocol.AxisHorizontal, N: 4}, {Axis: protocol.AxisVertical, N: 4}}, Depths: depths}})
	r.add(session.PassMarked{By: "op-1", Delta: 1})
	r.add(session.PassMarked{By: "op-1", Delta: 1, Fixes: true})
	r.add(session.Reattributed{By: "op-1", Spans: []int{1}, Zone: limits.Nose, Side: limits.Left, Indication: limits.AcneScarRolling, Reason: "it was the nose",
		Verdict: verdict(limits.Nose, limits.AcneScarRolling), Late: &session.LateExceedance{Ceiling: 750, Deepest: 1485, Strokes: 500}})
	r.add(session.HandedOver{By: "op-1", To: "op-2"})
	r.add(session.Ended{By: session.Unnamed, As: session.Aborted, Reason: "faint", SignalSeq: r.signal.Seq, SignalHead: r.signal.Head})
	r.add(session.OutcomeSet{By: "op-2", Outcome: session.Outcome{Reaction: "red"}})
	r.add(session.PatientReassigned{By: "op-2", Second: "dr-1", Was: "p-01", Patient: "p-02", Reason: "the chart before was open"})
	r.add(session.Signed{By: "dr-1", Meaning: "approved", Seq: 20})
}

func (r *recorder) finish() {
	r.add(session.Ended{By: "op-1", As: session.Completed, SignalSeq: r.signal.Seq, SignalHead: r.signal.Head})
}
