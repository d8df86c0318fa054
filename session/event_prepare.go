package session

import (
	"penlog/protocol"
	"penlog/session/cartridge"
	"penlog/session/limits"
	"penlog/session/policy"
)

// The events of the preparation. What a person gave is embedded as it was given.
type (
	// Described says what depth and density depend on of the patient.
	Described struct {
		By By `json:"by"`
		Description
		Ruling *policy.Ruling `json:"ruling,omitempty"` // about the zone at hand; nil: none is chosen
	}
	// Planned is the plan, in the order of treatment; it replaces the one before.
	Planned struct {
		By    By         `json:"by"`
		Items []PlanItem `json:"items"`
	}
	// ZoneAdded is one zone more at the end of the plan.
	ZoneAdded struct {
		By   By       `json:"by"`
		Item PlanItem `json:"item"`
	}
	// Screened are answers, which replace those before of the same codes.
	Screened struct {
		By      By         `json:"by"`
		Answers []Answered `json:"answers"`
	}
	// Cleared is a clinician's word that treatment may go on with a finding.
	Cleared struct {
		By   By     `json:"by"`
		Code string `json:"code"`
		Text string `json:"text"`
	}
	// Consented is what the patient agreed to.
	Consented struct {
		By By `json:"by"`
		Consent
	}
	// AnaestheticStep is a step of the topical anaesthetic.
	AnaestheticStep struct {
		By By `json:"by"`
		Anaesthetic
		Above bool `json:"above_most,omitempty"` // stronger than the policy's figure: FDA warned of such
	}
	// ProductUsed is what the needles glide on.
	ProductUsed struct {
		By By `json:"by"`
		Product
	}
	// CartridgeIn says which cartridge went in.
	CartridgeIn struct {
		By    By              `json:"by"`
		Scan  *cartridge.Scan `json:"scan,omitempty"`
		Model string          `json:"model,omitempty"` // the catalogue's code, or as entered
		// LengthFrom says whose word the length is: "catalogue", "entered", "shortest"
		// of that pen's, since nobody knows, or "none".
		LengthFrom string               `json:"length_from"`
		Length     protocol.Micrometres `json:"length_um,omitempty"`
		Needles    int                  `json:"needles,omitempty"`
		Entered    bool                 `json:"entered,omitempty"` // picked by hand
		Index      int                  `json:"pack_index,omitempty"`
		Intact     bool                 `json:"pack_intact"`
		// UseKey is what no other session's cartridge may have; empty where nothing
		// proves that it is used once only: Proof says which.
		UseKey string          `json:"use_key,omitempty"`
		Proof  cartridge.Proof `json:"single_use_proof"`
		// Verdict is there when its needles bound the ceiling lower than before.
		Verdict *limits.Verdict `json:"verdict,omitempty"`
		To      State           `json:"to"`
	}
	// CartridgeOut says that the cartridge is out.
	CartridgeOut struct {
		By By    `json:"by"`
		To State `json:"to"`
	}
	// AlarmHeard says that a person heard the alarm.
	AlarmHeard struct {
		By By `json:"by"`
	}
	// ModeAccepted says that a person goes on with a pen that is not guarded.
	ModeAccepted struct {
		By   By   `json:"by"`
		Mode Mode `json:"mode"`
	}
	// PenDeclared is a pen without a link.
	PenDeclared struct {
		By By `json:"by"`
		DeclaredPen
	}
	// AreaSet is a zone's area on this patient.
	AreaSet struct {
		By   By          `json:"by"`
		Zone limits.Zone `json:"zone"`
		Side limits.Side `json:"side"`
		MM2  int         `json:"area_mm2"`
	}
)

func (Described) Kind() string       { return "described" }
func (Planned) Kind() string         { return "planned" }
func (ZoneAdded) Kind() string       { return "zone_added" }
func (Screened) Kind() string        { return "screened" }
func (Cleared) Kind() string         { return "cleared" }
func (Consented) Kind() string       { return "consented" }
func (AnaestheticStep) Kind() string { return "anaesthetic" }
func (ProductUsed) Kind() string     { return "product_used" }
func (CartridgeIn) Kind() string     { return "cartridge_in" }
func (CartridgeOut) Kind() string    { return "cartridge_out" }
func (AlarmHeard) Kind() string      { return "alarm_heard" }
func (ModeAccepted) Kind() string    { return "mode_accepted" }
func (PenDeclared) Kind() string     { return "pen_declared" }
func (AreaSet) Kind() string         { return "area_set" }

var prepareEvents = []Event{Described{}, Planned{}, ZoneAdded{}, Screened{}, Cleared{}, Consented{}, AnaestheticStep{}, ProductUsed{}, CartridgeIn{}, CartridgeOut{}, AlarmHeard{}, ModeAccepted{}, PenDeclared{}, AreaSet{}}
