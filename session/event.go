package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"penlog/protocol"
	"penlog/session/limits"
	"penlog/session/passes"
	"penlog/session/policy"
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

// Edition says which file judged.
type Edition struct {
	Version string `json:"version"`
	Hash    string `json:"hash"`
}

// The events of a procedure.
type (
	// Opened begins a procedure.
	Opened struct {
		By      By     `json:"by"`
		Agent   string `json:"agent_version"`
		Table   string `json:"table_version"`
		Hash    string `json:"table_hash"`
		Patient string `json:"patient,omitempty"` // pseudonymous chart number's keyed id; never a name
		// What else judged at that time, by version and hash.
		Policy     Edition  `json:"policy,omitzero"`
		Clinic     Edition  `json:"clinic,omitzero"`
		Cartridges Edition  `json:"cartridges,omitzero"`
		Labels     Edition  `json:"labels,omitzero"`
		Room       string   `json:"room,omitempty"`
		History    *History `json:"history,omitempty"` // of the patient; nil: not known
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
		// What follows from the rules about this patient, beside the depth in the verdict.
		Ruling  policy.Ruling `json:"patient_rules,omitzero"`
		AreaMM2 int           `json:"area_mm2,omitempty"` // nominal, of the policy; 0: it has none
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
		Ruling  policy.Ruling  `json:"patient_rules,omitzero"`
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
	// A run that goes on is recorded in parts, so that each can be said to be of
	// another zone: then Going is set, and what follows counts from Until.
	MotorRested struct {
		Strokes uint32               `json:"strokes"` // made in this run, or since the part before
		Above   uint32               `json:"strokes_above"`
		Deepest protocol.Micrometres `json:"deepest_um"` // greatest seen, 0: none reported
		Unseen  bool                 `json:"unseen,omitempty"`
		Going   bool                 `json:"going,omitempty"` // the motor still runs
		Until   uint32               `json:"until,omitempty"` // Going: the pen's count of strokes
		From    protocol.At          `json:"from_us,omitempty"`
		Did     passes.Slice         `json:"did,omitzero"`
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
	// "stopped", "a check no longer holds", "link lost", "clock jumped", "agent
	// restarted" or the like.
	PausedEvent struct {
		By  By     `json:"by"`
		Why string `json:"why"`
		To  State  `json:"to"`
	}
	// ResumedEvent is a person's word that patient, zone and ceiling are right.
	ResumedEvent struct {
		By      By             `json:"by"`
		Verdict limits.Verdict `json:"verdict"`
		Ruling  policy.Ruling  `json:"patient_rules,omitzero"`
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
		Reason     string `json:"reason,omitempty"` // code, of an abort
		Why        string `json:"why,omitempty"`
		Totals     Totals `json:"totals"`
		SignalSeq  uint64 `json:"signal_chunks"`
		SignalHead Hash   `json:"signal_head"` // of the chain of signal
	}
)

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

var liveEvents = []Event{Opened{}, PenUp{}, PenDown{}, ModeChanged{}, ZoneChosen{}, ZoneRefused{}, ArmedEvent{}, CeilingConfirmed{}, PressTested{}, PenActed{}, MotorRan{}, MotorRested{}, RuleBroke{}, RuleHealed{}, StopSeen{}, Acknowledged{}, PausedEvent{}, ResumedEvent{}, Noted{}, SignalGap{}, Ended{}, CartridgeSeen{}, EntriesDropped{}}

// Events returns the zero value of every kind of event.
func Events() []Event { return slices.Concat(liveEvents, prepareEvents, treatEvents, afterEvents) }

var kinds = func() map[string]reflect.Type {
	m := map[string]reflect.Type{}
	for _, e := range Events() {
		m[e.Kind()] = reflect.TypeOf(e)
	}
	return m
}()

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

// opened takes an envelope apart that is laid out as [EncodeEvent] does, without
// reading the event twice; false for any other.
func opened(body []byte) (envelope, bool) {
	rest, ok := bytes.CutPrefix(body, []byte(`{"source":"`))
	src, event, ok2 := bytes.Cut(rest, []byte(`","event":`))
	event, ok3 := bytes.CutSuffix(event, []byte("}"))
	switch s := Source(src); {
	case !ok || !ok2 || !ok3:
	case s == SourceNone || s == SourcePen || s == SourceSimulator:
		return envelope{s, event}, true
	}
	return envelope{}, false
}

// DecodeEvent reads a record's event back. A kind that this version does not
// know is an error: a newer Penlog wrote it.
func DecodeEvent(r *Record) (Event, Source, error) {
	env, ok := opened(r.Body)
	if !ok {
		if err := json.Unmarshal(r.Body, &env); err != nil {
			return nil, "", fmt.Errorf("session: record %d (%s): %w", r.Seq, r.Kind, err)
		}
	}
	kind, ok := kinds[r.Kind]
	if !ok {
		return nil, env.Source, fmt.Errorf("session: record %d is of kind %q, which a newer Penlog wrote: update this one", r.Seq, r.Kind)
	}
	e := reflect.New(kind)
	if err := json.Unmarshal(env.Event, e.Interface()); err != nil {
		return nil, env.Source, fmt.Errorf("session: record %d (%s): %w", r.Seq, r.Kind, err)
	}
	return e.Elem().Interface().(Event), env.Source, nil
}
