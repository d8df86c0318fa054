package session

import (
	"bytes"
	"encoding/json"
	"fmt"

	"penlog/protocol"
	"penlog/session/limits"
)

// Source says what kind of pen an event's session has had. It comes from the
// link and travels by structure: the fold knows it and every record carries it,
// so simulated never becomes real. Source: DESIGN promise 10.
type Source string

// The sources.
const (
	SourceNone      Source = "none" // no pen yet
	SourcePen       Source = "pen"
	SourceSimulator Source = "simulator"
)

// Event is one thing that happened in a procedure. Kinds are part of the record
// and never change meaning; new fields may come.
type Event interface{ Kind() string }

// By names who did something. Agent is this program by itself.
type By string

// Agent is the name under which the agent acts by itself.
const Agent By = "agent"

// The events of a procedure.
type (
	// Opened begins a procedure.
	Opened struct {
		By      By     `json:"by"`
		Agent   string `json:"agent_version"`
		Table   string `json:"table_version"`
		Hash    string `json:"table_hash"`
		Patient string `json:"patient,omitempty"` // pseudonymous chart number's keyed id; never a name
	}
	// PenUp says which pen answered.
	PenUp struct {
		Vendor       string               `json:"vendor"`
		Model        string               `json:"model"`
		Serial       string               `json:"serial"`
		Firmware     string               `json:"firmware"`
		Boot         uint32               `json:"boot_id"`
		Simulated    bool                 `json:"simulated"`
		DepthSource  string               `json:"depth_source"`
		DepthMin     protocol.Micrometres `json:"depth_min_um"`
		DepthMax     protocol.Micrometres `json:"depth_max_um"`
		DepthStep    protocol.Micrometres `json:"depth_step_um"`
		Accuracy     protocol.Micrometres `json:"accuracy_um"` // 0: not stated
		NeedleLength protocol.Micrometres `json:"needle_length_um"`
		NeedleCount  int                  `json:"needle_count"`
		StopMS       int                  `json:"stop_ms"`
		ReadingRate  int                  `json:"readings_per_s"`
	}
	// PenDown says that the pen's session ended.
	PenDown struct{}
	// ModeChanged says what Penlog can promise from now on.
	ModeChanged struct {
		Mode Mode `json:"mode"`
	}
	// ZoneChosen is an allowed verdict, and which zone is treated from now on.
	// Higher says that its ceiling is above the one before: it needs a second act.
	ZoneChosen struct {
		By      By             `json:"by"`
		Verdict limits.Verdict `json:"verdict"`
		Higher  bool           `json:"higher"`
		To      State          `json:"to"`
	}
	// ZoneRefused is a refused verdict. What was chosen before stays chosen.
	ZoneRefused struct {
		By      By             `json:"by"`
		Verdict limits.Verdict `json:"verdict"`
		To      State          `json:"to"`
	}
	// ArmedEvent is the time-out: permits are wanted from now on.
	ArmedEvent struct {
		By      By             `json:"by"`
		Verdict limits.Verdict `json:"verdict"`
	}
	// CartridgeSeen says how long the needles of the cartridge that is in are; 0:
	// not known. Verdict is there when they bound the ceiling lower than before.
	CartridgeSeen struct {
		Length  protocol.Micrometres `json:"needle_length_um"`
		Verdict *limits.Verdict      `json:"verdict,omitempty"`
		To      State                `json:"to"`
	}
	// CeilingConfirmed says that telemetry showed generation and ceiling.
	CeilingConfirmed struct {
		Generation int                  `json:"generation"`
		Ceiling    protocol.Micrometres `json:"ceiling_um"`
	}
	// PressTested says that a press without a permit left the motor still.
	PressTested struct {
		Event uint32 `json:"pen_event"`
	}
	// PenActed is an event of the pen.
	PenActed struct {
		ID   uint32 `json:"pen_event"`
		What string `json:"what"`
		Arg  int    `json:"arg"`
		Tick uint32 `json:"tick_us"`
	}
	// MotorRan says that the motor was seen to start; or that it ran unseen, as
	// the pen's counters tell that went on while no reading came.
	MotorRan struct {
		Strokes uint32 `json:"strokes"` // the pen's count before it
		Unseen  bool   `json:"unseen,omitempty"`
	}
	// MotorRested says that it was seen off, and what it did; or what it did unseen.
	MotorRested struct {
		Strokes uint32               `json:"strokes"` // made in this run
		Above   uint32               `json:"strokes_above"`
		Deepest protocol.Micrometres `json:"deepest_um"` // greatest seen, 0: none reported
		Unseen  bool                 `json:"unseen,omitempty"`
	}
	// RuleBroke says that the guard holds, alarms or trips.
	RuleBroke struct {
		Rule     Rule                 `json:"rule"`
		Response Response             `json:"response"`
		Value    protocol.Micrometres `json:"value_um,omitempty"`
		Limit    protocol.Micrometres `json:"limit_um,omitempty"`
		MotorOn  bool                 `json:"motor_on"`
		To       State                `json:"to"`
	}
	// RuleHealed says that the cause is gone. A trip stays latched.
	RuleHealed struct {
		Rule     Rule     `json:"rule"`
		Response Response `json:"response"`
	}
	// StopSeen says how long a stop took, from its sending to the motor off in telemetry.
	StopSeen struct {
		TookUS int64 `json:"took_us"`
	}
	// Acknowledged unlatches a trip.
	Acknowledged struct {
		By   By   `json:"by"`
		Rule Rule `json:"rule"`
	}
	// PausedEvent ends permits until a person resumes. Why is "paused",
	// "stopped", "link lost", "clock jumped" or "agent restarted".
	PausedEvent struct {
		By  By     `json:"by"`
		Why string `json:"why"`
		To  State  `json:"to"`
	}
	// ResumedEvent is a person's word that patient, zone and ceiling are right.
	ResumedEvent struct {
		By      By             `json:"by"`
		Verdict limits.Verdict `json:"verdict"`
	}
	// Noted is a remark.
	Noted struct {
		By   By     `json:"by"`
		Text string `json:"text"`
	}
	// SignalGap says that readings were not recorded.
	SignalGap struct {
		Readings uint32 `json:"readings"`
		Why      string `json:"why"`
	}
	// EntriesDropped says that entries were not recorded: some that change nothing,
	// such as a hold that came and went, or events for which the pen had no room.
	EntriesDropped struct {
		Entries uint32 `json:"entries"`
		Why     string `json:"why"`
	}
	// Ended seals the procedure: completed, aborted or interrupted.
	Ended struct {
		By         By     `json:"by"`
		As         State  `json:"as"`
		Why        string `json:"why,omitempty"`
		Totals     Totals `json:"totals"`
		SignalSeq  uint64 `json:"signal_chunks"`
		SignalHead Hash   `json:"signal_head"` // of the chain of signal
	}
)

// Totals is what a procedure came to.
type Totals struct {
	Strokes uint64               `json:"strokes"`
	Above   uint64               `json:"strokes_above"` // above the ceiling in force, by the pen's count
	Runs    uint64               `json:"motor_runs"`
	Deepest protocol.Micrometres `json:"deepest_um"`
	Holds   uint64               `json:"holds"`
	Alarms  uint64               `json:"alarms,omitempty"` // nothing could be held
	Trips   uint64               `json:"trips"`
	Zones   []ZoneTotal          `json:"zones"`
}

// ZoneTotal is one zone's share.
type ZoneTotal struct {
	Zone       limits.Zone          `json:"zone"`
	Side       limits.Side          `json:"side"`
	Indication limits.Indication    `json:"indication"`
	Ceiling    protocol.Micrometres `json:"ceiling_um"` // the highest in force
	Strokes    uint64               `json:"strokes"`
	Above      uint64               `json:"strokes_above"`
	Deepest    protocol.Micrometres `json:"deepest_um"`
}

func (Opened) Kind() string           { return "opened" }
func (PenUp) Kind() string            { return "pen_up" }
func (PenDown) Kind() string          { return "pen_down" }
func (ModeChanged) Kind() string      { return "mode_changed" }
func (ZoneChosen) Kind() string       { return "zone_chosen" }
func (ZoneRefused) Kind() string      { return "zone_refused" }
func (ArmedEvent) Kind() string       { return "armed" }
func (CartridgeSeen) Kind() string    { return "cartridge_seen" }
func (CeilingConfirmed) Kind() string { return "ceiling_confirmed" }
func (PressTested) Kind() string      { return "press_tested" }
func (PenActed) Kind() string         { return "pen_acted" }
func (MotorRan) Kind() string         { return "motor_ran" }
func (MotorRested) Kind() string      { return "motor_rested" }
func (RuleBroke) Kind() string        { return "rule_broke" }
func (RuleHealed) Kind() string       { return "rule_healed" }
func (StopSeen) Kind() string         { return "stop_seen" }
func (Acknowledged) Kind() string     { return "acknowledged" }
func (PausedEvent) Kind() string      { return "paused" }
func (ResumedEvent) Kind() string     { return "resumed" }
func (Noted) Kind() string            { return "noted" }
func (SignalGap) Kind() string        { return "signal_gap" }
func (EntriesDropped) Kind() string   { return "entries_dropped" }
func (Ended) Kind() string            { return "ended" }

// ClosingKinds are the kinds of record after which a procedure is over.
func ClosingKinds() []string { return []string{Ended{}.Kind()} }

func decode[E Event](b []byte) (Event, error) {
	var e E
	err := json.Unmarshal(b, &e)
	return e, err
}

var decoders = map[string]func([]byte) (Event, error){
	"opened": decode[Opened], "pen_up": decode[PenUp], "pen_down": decode[PenDown],
	"mode_changed": decode[ModeChanged], "zone_chosen": decode[ZoneChosen], "zone_refused": decode[ZoneRefused],
	"armed": decode[ArmedEvent], "ceiling_confirmed": decode[CeilingConfirmed], "press_tested": decode[PressTested],
	"pen_acted": decode[PenActed], "motor_ran": decode[MotorRan], "motor_rested": decode[MotorRested],
	"rule_broke": decode[RuleBroke], "rule_healed": decode[RuleHealed], "stop_seen": decode[StopSeen],
	"acknowledged": decode[Acknowledged], "paused": decode[PausedEvent], "resumed": decode[ResumedEvent],
	"noted": decode[Noted], "signal_gap": decode[SignalGap], "ended": decode[Ended],
	"cartridge_seen": decode[CartridgeSeen], "entries_dropped": decode[EntriesDropped],
}

// envelope is the body of a record: the event, and the source by structure.
type envelope struct {
	Source Source          `json:"source"`
	Event  json.RawMessage `json:"event"`
}

// EncodeEvent gives the body of the record of e: the same bytes for the same
// event.
func EncodeEvent(e Event, src Source) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("session: encode %s: %w", e.Kind(), err)
	}
	out, err := json.Marshal(envelope{src, json.RawMessage(bytes.TrimSpace(b.Bytes()))})
	if err != nil {
		return nil, fmt.Errorf("session: encode %s: %w", e.Kind(), err)
	}
	return out, nil
}

// DecodeEvent reads a record's event back. A kind that this version does not
// know is an error: a newer Penlog wrote it.
func DecodeEvent(r *Record) (Event, Source, error) {
	var env envelope
	if err := json.Unmarshal(r.Body, &env); err != nil {
		return nil, "", fmt.Errorf("session: record %d (%s): %w", r.Seq, r.Kind, err)
	}
	d, ok := decoders[r.Kind]
	if !ok {
		return nil, env.Source, fmt.Errorf("session: record %d is of kind %q, which a newer Penlog wrote: update this one", r.Seq, r.Kind)
	}
	e, err := d(env.Event)
	if err != nil {
		return nil, env.Source, fmt.Errorf("session: record %d (%s): %w", r.Seq, r.Kind, err)
	}
	return e, env.Source, nil
}
