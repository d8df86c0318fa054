package session

import (
	"penlog/protocol"
	"penlog/session/limits"
)

// The events of the treatment that people cause.
type (
	// Overridden is a clinician's word that the zone at hand may be treated deeper.
	// It holds until zone, side, site or indication changes, the session ends, Until, or the agent is
	// started anew, whichever is first.
	Overridden struct {
		By      By                   `json:"by"`
		Second  By                   `json:"second,omitempty"`
		Zone    limits.Zone          `json:"zone"`
		Side    limits.Side          `json:"side"`
		Site    limits.Site          `json:"site,omitempty"`
		Value   protocol.Micrometres `json:"value_um"`
		For     limits.Indication    `json:"indication"`
		Reason  string               `json:"reason"`
		Until   protocol.At          `json:"until_us"`
		Verdict limits.Verdict       `json:"verdict"`
		To      State                `json:"to"`
	}
	// OverrideEnded says that the limit is in force again. Why is "zone changed",
	// "time is up", "taken back" or "agent restarted".
	OverrideEnded struct {
		By      By             `json:"by"`
		Why     string         `json:"why"`
		Verdict limits.Verdict `json:"verdict"`
		To      State          `json:"to"`
	}
	// StartedEvent says that treatment began with a pen that can't be seen to start.
	StartedEvent struct {
		By By `json:"by"`
	}
	// PassMarked says that a pass was made, or corrects the count by Delta.
	PassMarked struct {
		By     By     `json:"by"`
		Delta  int    `json:"delta"`                // 1, or of a correction 1 or −1
		Fixes  bool   `json:"correction,omitempty"` // a correction, not a mark
		Button uint32 `json:"pen_event,omitempty"`  // marked at the pen: the press
		Text   string `json:"text,omitempty"`
	}
	// EntryMade is what a person entered for a pen without a link.
	EntryMade struct {
		By By `json:"by"`
		Entry
		Above bool `json:"above_max,omitempty"` // the dial, as entered, is above the max depth of the zone
	}
	// EndpointSeen is what was seen on the skin of the zone at hand.
	EndpointSeen struct {
		By By `json:"by"`
		Endpoint
	}
	// Reattributed says that spans were made in another zone than the one chosen.
	// They are judged against its ceiling.
	Reattributed struct {
		By         By                `json:"by"`
		Spans      []int             `json:"spans"` // their numbers
		Zone       limits.Zone       `json:"zone"`
		Side       limits.Side       `json:"side"`
		Site       limits.Site       `json:"site,omitempty"`
		Indication limits.Indication `json:"indication"`
		Reason     string            `json:"reason"`
		Verdict    limits.Verdict    `json:"verdict"`            // of the true zone; refused: nothing is allowed there
		AreaMM2    int               `json:"area_mm2,omitempty"` // nominal, of the true zone; 0: not known
		Late       *LateExceedance   `json:"exceedance_found_late,omitempty"`
	}
	// HandedOver says who treats from now on.
	HandedOver struct {
		By By `json:"by"`
		To By `json:"to"`
	}
	// Muted says that the alarm's sound pauses.
	Muted struct {
		By    By          `json:"by"`
		Until protocol.At `json:"until_us"`
	}
)

// LateExceedance is what went deeper than the true zone allows, found afterwards.
type LateExceedance struct {
	Ceiling protocol.Micrometres `json:"ceiling_um"` // 0: nothing is allowed there
	Deepest protocol.Micrometres `json:"deepest_um"`
	Strokes uint64               `json:"strokes"` // deeper than ceiling and tolerance; 0 where the dial was entered and nothing was seen
}

func (o *Overridden) place() Place { return Place{o.Zone, o.Side, o.Site, o.For} }

func (Overridden) Kind() string    { return "overridden" }
func (OverrideEnded) Kind() string { return "override_ended" }
func (StartedEvent) Kind() string  { return "started" }
func (PassMarked) Kind() string    { return "pass_marked" }
func (EntryMade) Kind() string     { return "entry_made" }
func (EndpointSeen) Kind() string  { return "endpoint_seen" }
func (Reattributed) Kind() string  { return "reattributed" }
func (HandedOver) Kind() string    { return "handed_over" }
func (Muted) Kind() string         { return "muted" }

var treatEvents = []Event{Overridden{}, OverrideEnded{}, StartedEvent{}, PassMarked{}, EntryMade{}, EndpointSeen{}, Reattributed{}, HandedOver{}, Muted{}}
