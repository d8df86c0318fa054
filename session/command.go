package session

import (
	"penlog/protocol"
	"penlog/session/cartridge"
	"penlog/session/limits"
	"penlog/session/policy"
)

// CommandKind is what a person asks for. What each takes, and who may ask, is in
// [CommandSpecs].
type CommandKind string

// The commands.
const (
	CmdOpen CommandKind = "open"

	// Preparation.
	CmdDescribe     CommandKind = "describe"
	CmdPlan         CommandKind = "plan"
	CmdAddZone      CommandKind = "add_zone"
	CmdScreen       CommandKind = "screen"
	CmdClear        CommandKind = "clear"
	CmdConsent      CommandKind = "consent"
	CmdAnaesthetic  CommandKind = "anaesthetic"
	CmdGlideProduct CommandKind = "glide_product"
	CmdCartridge    CommandKind = "cartridge"
	CmdCartridgeOut CommandKind = "cartridge_out"
	CmdAlarmHeard   CommandKind = "alarm_heard"
	CmdAcceptMode   CommandKind = "accept_mode"
	CmdDeclarePen   CommandKind = "declare_pen"
	CmdArea         CommandKind = "area"

	// Treatment.
	CmdChoose      CommandKind = "choose"
	CmdNext        CommandKind = "next"
	CmdOverride    CommandKind = "override"
	CmdEndOverride CommandKind = "end_override"
	CmdArm         CommandKind = "arm"
	CmdStart       CommandKind = "start"
	CmdPause       CommandKind = "pause"
	CmdStop        CommandKind = "stop"
	CmdResume      CommandKind = "resume"
	CmdPass        CommandKind = "pass"
	CmdEnter       CommandKind = "enter"
	CmdEndpoint    CommandKind = "endpoint"
	CmdReattribute CommandKind = "reattribute"
	CmdHandOver    CommandKind = "hand_over"
	CmdNote        CommandKind = "note"
	CmdAcknowledge CommandKind = "acknowledge"
	CmdMute        CommandKind = "mute"
	CmdAcceptPen   CommandKind = "accept_pen"
	CmdLocate      CommandKind = "locate"

	// The end, and after it.
	CmdAbort     CommandKind = "abort"
	CmdFinish    CommandKind = "finish"
	CmdInterrupt CommandKind = "interrupt"
	CmdReason    CommandKind = "reason"
	CmdOutcome   CommandKind = "outcome"
	CmdAftercare CommandKind = "aftercare"
	CmdFollowUp  CommandKind = "follow_up"
	CmdAdverse   CommandKind = "adverse_event"
	CmdCorrect   CommandKind = "correct"
	CmdReassign  CommandKind = "reassign"
	CmdSign      CommandKind = "sign"
)

// Command is one thing that a person asks for. A field that its kind does not
// take must be empty: [CommandSpec.Takes].
type Command struct {
	Do CommandKind `json:"do"`
	By By          `json:"by,omitempty"` // who asks; may be empty where no sign-in is needed
	// Session is whose record it is for; absent: the one at hand. Another than the
	// one at hand takes only what may follow the end.
	Session *ID `json:"session,omitempty"`
	Second  By  `json:"second,omitempty"` // a second person

	Zone       limits.Zone          `json:"zone,omitempty"`
	Side       limits.Side          `json:"side,omitempty"`
	Site       limits.Site          `json:"site,omitempty"`
	Indication limits.Indication    `json:"indication,omitempty"`
	Wanted     protocol.Micrometres `json:"wanted_um,omitempty"` // 0: whatever is allowed
	Value      protocol.Micrometres `json:"value_um,omitempty"`  // override
	Patient    string               `json:"patient,omitempty"`   // a pseudonymous id, never a name
	Text       string               `json:"text,omitempty"`
	Code       string               `json:"code,omitempty"`
	Mode       Mode                 `json:"mode,omitempty"`
	Delta      int                  `json:"delta,omitempty"` // pass: 0 marks one, +1 and −1 correct the count
	AreaMM2    int                  `json:"area_mm2,omitempty"`
	To         By                   `json:"to,omitempty"`      // hand_over
	FromAt     protocol.At          `json:"from_us,omitempty"` // reattribute
	ToAt       protocol.At          `json:"to_us,omitempty"`
	Seq        uint64               `json:"seq,omitempty"` // correct: of the record that is wrong

	Describe    *Description    `json:"describe,omitempty"`
	Plan        []PlanItem      `json:"plan,omitempty"`
	KeepOrder   bool            `json:"keep_order,omitempty"` // plan: as given, not the shallow zones first
	Answers     []Answered      `json:"answers,omitempty"`
	Rest        policy.Tri      `json:"rest,omitempty"` // screen: the answer to all that is not in answers, asked together
	Consent     *Consent        `json:"consent,omitempty"`
	Anaesthetic *Anaesthetic    `json:"anaesthetic,omitempty"`
	Product     *Product        `json:"product,omitempty"`
	Cartridge   *CartridgeGiven `json:"cartridge,omitempty"`
	Pen         *DeclaredPen    `json:"pen,omitempty"`
	Entry       *Entry          `json:"entry,omitempty"`
	Endpoint    *Endpoint       `json:"endpoint,omitempty"`
	Outcome     *Outcome        `json:"outcome,omitempty"`
	Aftercare   *Aftercare      `json:"aftercare,omitempty"`
	FollowUp    *FollowUp       `json:"follow_up,omitempty"`
	Adverse     *Adverse        `json:"adverse,omitempty"`
	Meaning     string          `json:"meaning,omitempty"` // sign

	// History is what the record of this room holds; the agent fills it in, and
	// nobody sends it.
	History *History `json:"-"`
}

// Description is what depth and density depend on of a patient.
type Description struct {
	Phototype int        `json:"phototype,omitempty"` // Fitzpatrick 1…6, 0: not known
	Method    string     `json:"method,omitempty"`    // "operator" or "self": who says so
	Age       int        `json:"age,omitempty"`       // years, 0: not known
	First     policy.Tri `json:"first,omitempty"`     // first session of this course
}

// PlanItem is one zone of the plan.
type PlanItem struct {
	Zone       limits.Zone          `json:"zone"`
	Side       limits.Side          `json:"side,omitempty"`
	Site       limits.Site          `json:"site,omitempty"`
	Indication limits.Indication    `json:"indication"`
	Depth      protocol.Micrometres `json:"depth_um,omitempty"`    // prescribed, 0: none
	Passes     int                  `json:"passes,omitempty"`      // 0: as the policy suggests
	Density    int                  `json:"density_cm2,omitempty"` // punctures per cm², 0: none
}

// Answered is one answer of the screening.
type Answered struct {
	Code   string        `json:"code"`
	Answer policy.Tri    `json:"answer"`
	Zones  []limits.Zone `json:"zones,omitempty"` // "yes" for these only
	Text   string        `json:"text,omitempty"`
}

// Consent says what the patient agreed to.
type Consent struct {
	Version  string         `json:"version"` // of the form
	SignedOn cartridge.Date `json:"signed_on,omitzero"`
	Photo    bool           `json:"photo"`
	OffLabel bool           `json:"off_label"` // told that the use is off-label, and agreed
}

// Anaesthetic is a step of the topical anaesthetic.
type Anaesthetic struct {
	Step    string         `json:"step"` // "none", "on", "off", "wiped", "reaction"
	Product string         `json:"product,omitempty"`
	Tenths  int            `json:"percent_tenths,omitempty"` // of a percent
	Lot     string         `json:"lot,omitempty"`
	Expiry  cartridge.Date `json:"expiry,omitzero"`
	Area    string         `json:"area,omitempty"`
	Text    string         `json:"text,omitempty"`
}

// Product is what the needles glide on.
type Product struct {
	Name    string         `json:"name"`
	Lot     string         `json:"lot,omitempty"`
	Expiry  cartridge.Date `json:"expiry,omitzero"`
	Sterile bool           `json:"sterile"`
	Purpose string         `json:"purpose"` // "glide", or "delivery", which is off-label
}

// CartridgeGiven says which cartridge goes in: a scan, or what a person picked.
type CartridgeGiven struct {
	Scan    string               `json:"scan,omitempty"` // as the scanner gave it
	Model   string               `json:"model,omitempty"`
	Length  protocol.Micrometres `json:"length_um,omitempty"`
	Needles int                  `json:"needles,omitempty"`
	Index   int                  `json:"pack_index,omitempty"` // number on the pack, where the scan has no serial
	Intact  bool                 `json:"pack_intact"`
}

// DeclaredPen is a pen without a link, as a person describes it.
type DeclaredPen struct {
	Vendor    string               `json:"vendor"`
	Model     string               `json:"model"`
	Serial    string               `json:"serial,omitempty"`
	DepthMin  protocol.Micrometres `json:"depth_min_um,omitempty"`
	DepthMax  protocol.Micrometres `json:"depth_max_um"`
	DepthStep protocol.Micrometres `json:"depth_step_um,omitempty"`
}

// Entry is what a person enters for a pen without a link.
type Entry struct {
	Set     *protocol.Micrometres `json:"set_um,omitempty"` // the dial, from now on
	Passes  int                   `json:"passes,omitempty"` // made since the entry before
	Seconds int                   `json:"seconds,omitempty"`
}

// Endpoint is what was seen on the skin of the zone.
type Endpoint struct {
	Sign string `json:"sign"`           // "none", "erythema", "pinpoint_bleeding", "oedema", "petechiae"
	Pain *int   `json:"pain,omitempty"` // 0…10
}

// Outcome is how the patient left.
type Outcome struct {
	Reaction   string         `json:"reaction"`
	Bleeding   string         `json:"bleeding,omitempty"`
	Settled    bool           `json:"settled"` // bleeding stopped
	Product    string         `json:"post_product,omitempty"`
	ProductLot string         `json:"post_product_lot,omitempty"`
	Next       cartridge.Date `json:"next_visit,omitzero"`
}

// Aftercare is what the patient was given and told.
type Aftercare struct {
	Leaflet  string         `json:"leaflet_version"`
	Verbal   bool           `json:"verbal_check"`
	Contact  bool           `json:"emergency_contact"` // was given
	FollowUp cartridge.Date `json:"follow_up_on,omitzero"`
}

// FollowUp is what a later look found.
type FollowUp struct {
	On       cartridge.Date `json:"on"`
	Findings string         `json:"findings"`
}

// Adverse is an adverse event.
type Adverse struct {
	Type     string         `json:"type"`
	Onset    cartridge.Date `json:"onset,omitzero"`
	Severity string         `json:"severity"` // "mild", "moderate", "severe"
	Action   string         `json:"action,omitempty"`
	Reported string         `json:"reported,omitempty"` // to whom, date, reference
}

// History is what the record of one room says of what came before.
type History struct {
	// Scope says where was looked: "this room only".
	Scope string `json:"scope"`
	// Sessions of this patient; 0: none in this scope, which does not mean none.
	Sessions int `json:"sessions"`
	// Treated is when each zone was last treated.
	Treated []Treated `json:"treated,omitempty"`
	// UsedIn is the session that has used the cartridge at hand; nil: none here.
	UsedIn *ID `json:"-"`
}

// Treated is a zone's last treatment.
type Treated struct {
	Zone    limits.Zone `json:"zone"`
	Side    limits.Side `json:"side"`
	At      protocol.At `json:"at_us"`
	Session ID          `json:"session"`
}

// Check is one thing that must be true before permits are wanted.
type Check struct {
	Code   string     `json:"code"`
	OK     bool       `json:"ok"` // it stands in the way of nothing
	State  CheckState `json:"state"`
	Words  string     `json:"words"`
	Remedy string     `json:"remedy,omitempty"`
}
