package main

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// sessionReport is what `session show --json` prints. Times are µs UTC, depths
// µm, durations µs. New fields may come; none changes its meaning.
type sessionReport struct {
	ID         session.ID      `json:"id"`
	Simulated  bool            `json:"simulated"`
	Source     session.Source  `json:"source"`
	State      session.State   `json:"state"`
	OpenedAtUS protocol.At     `json:"opened_at_us"`
	EndedAtUS  protocol.At     `json:"ended_at_us"` // 0: not over
	OpenedBy   session.By      `json:"opened_by"`
	Operator   session.By      `json:"operator"`
	Patient    string          `json:"patient,omitempty"` // pseudonymous
	Accepted   session.Mode    `json:"accepted_mode"`     // none, or a mode below guarded that a person went on with
	After      session.After   `json:"after"`             // what followed the end
	Agent      string          `json:"agent_version"`
	Table      string          `json:"table_version"`
	TableHash  string          `json:"table_hash"`
	Pen        *session.PenUp  `json:"pen"` // the newest one; null: none
	Record     recordReport    `json:"record"`
	Totals     session.Totals  `json:"totals"`
	Holds      []brokenReport  `json:"holds"` // and alarms
	Trips      []brokenReport  `json:"trips"`
	Stops      []stopReport    `json:"stops"`
	Refusals   []refusalReport `json:"refusals"`
	Signal     signalReport    `json:"signal"`
	Events     []eventReport   `json:"events"`
}

type recordReport struct {
	Sealed     bool         `json:"sealed"`
	Verified   bool         `json:"verified"` // both chains are whole, and agree with the closing record
	Problem    string       `json:"problem,omitempty"`
	BadRecord  uint64       `json:"bad_record,omitempty"` // number of the record or chunk where it shows
	Records    uint64       `json:"records"`
	Head       session.Hash `json:"head"` // of the journal's chain
	Unknown    int          `json:"unknown_records"`
	Chunks     uint64       `json:"signal_chunks"`
	SignalHead session.Hash `json:"signal_head"`
}

type brokenReport struct {
	AtUS      protocol.At          `json:"at_us"`
	Rule      string               `json:"rule"`
	Response  string               `json:"response"`
	Value     protocol.Micrometres `json:"value_um"`
	Limit     protocol.Micrometres `json:"limit_um"`
	MotorOn   bool                 `json:"motor_on"`
	Words     session.Words        `json:"words"`
	ClearedUS protocol.At          `json:"cleared_at_us"`      // 0: not yet
	AckedUS   protocol.At          `json:"acknowledged_at_us"` // of a trip; 0: not yet
	AckedBy   session.By           `json:"acknowledged_by,omitempty"`
}

type stopReport struct {
	AtUS   protocol.At `json:"at_us"`
	TookUS int64       `json:"took_us"` // from sending it until telemetry showed the motor off
}

type refusalReport struct {
	AtUS    protocol.At    `json:"at_us"`
	By      session.By     `json:"by"`
	Verdict limits.Verdict `json:"verdict"`
}

type signalReport struct {
	FromUS    protocol.At     `json:"from_us"`
	ToUS      protocol.At     `json:"to_us"`
	Readings  uint64          `json:"readings"`
	Lost      uint64          `json:"frames_lost"` // sent by the pen, never arrived sound
	CoveredUS int64           `json:"covered_us"`  // time with readings
	Gaps      []gapReport     `json:"gaps"`        // longer than 250 ms
	Chunks    []secondsReport `json:"seconds,omitempty"`
}

type gapReport struct {
	FromUS protocol.At `json:"from_us"`
	TookUS int64       `json:"took_us"`
}

// secondsReport is one chunk of signal, about a second; with --signal only.
type secondsReport struct {
	Seq      uint64               `json:"seq"`
	FromUS   protocol.At          `json:"from_us"`
	ToUS     protocol.At          `json:"to_us"`
	Readings uint32               `json:"readings"`
	Lost     uint32               `json:"frames_lost"`
	Set      protocol.Micrometres `json:"set_um"`     // −1: not reported
	Deepest  protocol.Micrometres `json:"deepest_um"` // 0: motor off, or not reported
	Strokes  uint32               `json:"strokes"`
	Rate     protocol.DeciHertz   `json:"stroke_rate_dhz"`
	MotorOn  bool                 `json:"motor_on"`
	Permit   bool                 `json:"permit"`
}

type eventReport struct {
	Seq    uint64          `json:"seq"`
	AtUS   protocol.At     `json:"at_us"`
	Kind   string          `json:"kind"`
	Source session.Source  `json:"source"`
	Known  bool            `json:"known"` // false: a newer Penlog wrote it
	Words  string          `json:"words"`
	Event  json.RawMessage `json:"event"`
}

func sessionShowCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "show ID|last",
		Short: "Show a session: who did what when, depths, stops, and whether the record is whole",
		Long: "Show a session: its timeline, what each zone came to, what was waited for and what\n" +
			"stopped the pen, what the signal covers, and whether every byte of the record is\n" +
			"as it was written. Exit code 1 when it is not. The beginning of an id is enough.",
		Args: exactly("the ID of a session, or 'last',"),
	}
	open := dirFlag(c)
	withSignal := c.Flags().Bool("signal", false, "also show the signal, a line for each second")
	asJSON := c.Flags().Bool("json", false, "print JSON, times in µs UTC, depths in µm")
	c.RunE = func(c *cobra.Command, args []string) error {
		ctx := c.Context()
		r, err := open(ctx)
		if err != nil {
			return err
		}
		defer r.Close()
		in, err := findSession(ctx, r, args[0])
		if err != nil {
			return err
		}
		s, err := readJournal(ctx, r, in)
		if err != nil {
			return err
		}
		if err := s.readSignal(ctx, r, *withSignal); err != nil {
			return err
		}
		if *asJSON {
			err = printJSON(c.OutOrStdout(), s.report())
		} else {
			err = printed(c.OutOrStdout(), func(w io.Writer) { s.print(w, *withSignal) })
		}
		if err == nil && s.problem != nil {
			// What is wrong and what to do; the session stands above.
			err = errors.New(s.problem.Error())
		}
		return err
	}
	return c
}

func (s *story) report() sessionReport {
	p := s.proc
	out := sessionReport{
		ID: s.info.ID, Simulated: s.simulated(), Source: p.Source, State: p.State, OpenedAtUS: s.info.OpenedAt,
		EndedAtUS: p.EndedAt, OpenedBy: p.OpenedBy, Operator: p.Operator, Patient: p.PatientID, Accepted: p.Accepted, After: p.After, Pen: p.Pen, Totals: p.Totals,
		Record: recordReport{
			Sealed: s.sealed(), Verified: s.problem == nil, Records: s.records.Seq, Head: s.records.Head,
			Unknown: s.unknown, Chunks: s.signal.end.Seq, SignalHead: s.signal.end.Head,
		},
		Holds: []brokenReport{}, Trips: []brokenReport{}, Stops: []stopReport{}, Refusals: []refusalReport{},
		Signal: signalReport{
			FromUS: s.info.SignalFrom, ToUS: s.info.SignalTo, Readings: s.signal.readings, Lost: s.signal.lost,
			CoveredUS: s.signal.covered.Microseconds(), Gaps: []gapReport{},
		},
		Events: []eventReport{},
	}
	if out.Totals.Zones == nil {
		out.Totals.Zones = []session.ZoneTotal{}
	}
	if s.problem != nil {
		out.Record.Problem, out.Record.BadRecord = problemWords(s.problem), s.problem.Seq
	}
	for _, e := range s.entries {
		_, words := e.words()
		out.Events = append(out.Events, eventReport{e.record.Seq, e.record.At, e.record.Kind, e.source, e.event != nil, words, e.raw})
		switch ev := e.event.(type) {
		case session.Opened:
			out.Agent, out.Table, out.TableHash = ev.Agent, ev.Table, ev.Hash
		case session.StopSeen:
			out.Stops = append(out.Stops, stopReport{e.record.At, ev.TookUS})
		case session.ZoneRefused:
			out.Refusals = append(out.Refusals, refusalReport{e.record.At, ev.By, ev.Verdict})
		}
	}
	for _, b := range s.brokenRules() {
		if b.Response == session.Trip.String() {
			out.Trips = append(out.Trips, b)
		} else {
			out.Holds = append(out.Holds, b)
		}
	}
	for _, g := range s.signal.gaps {
		out.Signal.Gaps = append(out.Signal.Gaps, gapReport{g.from, g.took.Microseconds()})
	}
	for _, c := range s.signal.chunks {
		out.Signal.Chunks = append(out.Signal.Chunks, secondsReport{c.chunk.Seq, c.chunk.From, c.chunk.To, c.chunk.Count, c.chunk.Lost,
			c.set, c.deepest, c.strokes, c.rate, c.motor, c.permit})
	}
	return out
}
