package session

import (
	"fmt"
	"slices"
	"strings"

	"penlog/session/cartridge"
	"penlog/session/clinic"
)

var afterDeciders = map[CommandKind]decider{
	CmdAbort: end, CmdFinish: end, CmdInterrupt: end, CmdReason: reason, CmdOutcome: outcome, CmdAftercare: aftercare,
	CmdFollowUp: followUp, CmdAdverse: adverse, CmdCorrect: correct, CmdReassign: reassign, CmdSign: sign,
}

// AbortReasons are why a session ends early.
func AbortReasons() []string {
	return []string{"faint", "pain", "bleeding", "eye_contact", "lidocaine_signs", "pen_fault", "patients_wish", "other"}
}

func abortReason(code string) error {
	if !slices.Contains(AbortReasons(), code) {
		return refuse("bad_value", fmt.Sprintf("there is no reason %q to abort", code), "use one of: "+strings.Join(AbortReasons(), ", "))
	}
	return nil
}

// end seals the procedure. Cold fills in what it came to.
func end(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	act := map[CommandKind]Act{CmdAbort: ActAbort, CmdFinish: ActFinish, CmdInterrupt: ActInterrupt}[c.Do]
	to, ok := p.State.Next(act)
	if !ok {
		return nil, refusedIn(p.State, c.Do)
	}
	if c.Do == CmdFinish && p.Running { // what it does from here on would be in no record
		return nil, refuse("motor_on", "finish is not possible while the motor runs", "stop the pen, then finish; to end at once, abort")
	}
	if c.Code != "" {
		if err := abortReason(c.Code); err != nil {
			return nil, err
		}
	}
	return []Event{Ended{By: c.By, As: to, Reason: c.Code, Why: c.Text, Totals: p.Totals.clone()}}, nil
}

// over refuses what follows the end while there is none.
func (p *Procedure) over(do CommandKind) error {
	if !p.State.Over() {
		return refuse("not_over", string(do)+" follows the end of the session", "finish or abort it first")
	}
	return nil
}

func reason(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	if p.State != Aborted {
		return nil, refuse("not_aborted", "the session was not aborted", "give a note instead")
	}
	if err := abortReason(c.Code); err != nil {
		return nil, err
	}
	return []Event{ReasonGiven{By: c.By, Code: c.Code, Text: c.Text}}, nil
}

func outcome(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	if err := p.over(c.Do); err != nil {
		return nil, err
	}
	o := *c.Outcome
	if strings.TrimSpace(o.Reaction) == "" {
		return nil, refuse("missing_field", "the reaction of the skin is missing", "give outcome.reaction")
	}
	if err := allShort(o.Reaction, o.Bleeding, o.Product, o.ProductLot); err != nil {
		return nil, err
	}
	return []Event{OutcomeSet{By: c.By, Outcome: o}}, nil
}

func aftercare(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	if err := p.over(c.Do); err != nil {
		return nil, err
	}
	if c.Aftercare.Leaflet == "" && !c.Aftercare.Verbal {
		return nil, refuse("missing_field", "neither a leaflet nor a talk is recorded", "give aftercare.leaflet_version or aftercare.verbal_check")
	}
	if err := allShort(c.Aftercare.Leaflet); err != nil {
		return nil, err
	}
	return []Event{AftercareGiven{By: c.By, Aftercare: *c.Aftercare}}, nil
}

func followUp(p *Procedure, c *Command, env *Env) ([]Event, error) {
	if err := p.over(c.Do); err != nil {
		return nil, err
	}
	f := *c.FollowUp
	switch {
	case strings.TrimSpace(f.Findings) == "" || len(f.Findings) > maxText:
		return nil, refuse("missing_field", "the findings are missing, or too long", fmt.Sprintf("give follow_up.findings, in %d bytes at most", maxText))
	case f.On == (cartridge.Date{}) || env.today().Before(f.On):
		return nil, refuse("bad_value", "the day of the follow-up is missing, or has not come", "give follow_up.on")
	}
	return []Event{FollowedUp{By: c.By, FollowUp: f}}, nil
}

// Severities are those of an adverse event.
func Severities() []string { return []string{"mild", "moderate", "severe"} }

func adverse(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	a := *c.Adverse
	switch {
	case strings.TrimSpace(a.Type) == "":
		return nil, refuse("missing_field", "what happened is missing", "give adverse.type")
	case !slices.Contains(Severities(), a.Severity):
		return nil, refuse("bad_value", fmt.Sprintf("severity %q", a.Severity), "use one of: "+strings.Join(Severities(), ", "))
	case len(a.Action) > maxText || len(a.Reported) > maxText:
		return nil, refuse("too_long", "a text is too long", fmt.Sprintf("shorten it to %d bytes", maxText))
	}
	if err := allShort(a.Type); err != nil {
		return nil, err
	}
	return []Event{AdverseSeen{By: c.By, Adverse: a}}, nil
}

func correct(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	switch {
	case c.Seq > uint64(p.Events):
		return nil, refuse("no_record", fmt.Sprintf("there is no record %d: the session has %d", c.Seq, p.Events), "give the number of the record that is wrong")
	case strings.TrimSpace(c.Text) == "":
		return nil, refuse("empty", "the correction is empty", "say what is right")
	}
	return []Event{Corrected{By: c.By, Seq: c.Seq, Text: c.Text}}, nil
}

// reassign says whose session it was: two people, and a reason.
func reassign(p *Procedure, c *Command, _ *Env) ([]Event, error) {
	switch {
	case c.Patient == p.PatientID:
		return nil, refuse("same_patient", "the session is of this patient already", "nothing has to be done")
	case p.State == Armed || p.State == Active:
		return nil, refuse("wrong_state", "the patient can't change while the pen may run", "pause first")
	}
	return []Event{PatientReassigned{By: c.By, Second: c.Second, Was: p.PatientID, Patient: c.Patient, Reason: c.Text, History: c.History}}, nil
}

// Meanings are what a signature can mean. Source: DOMAIN 6.4, 21 CFR 11.50.
func Meanings() []string { return []string{"performed", "reviewed", "approved"} }

// sign signs all up to the newest record; whoever made it fills in which that is.
func sign(p *Procedure, c *Command, env *Env) ([]Event, error) {
	if err := p.over(c.Do); err != nil {
		return nil, err
	}
	role := env.Clinic.Role(string(c.By))
	switch {
	case !slices.Contains(Meanings(), c.Meaning):
		return nil, refuse("bad_value", fmt.Sprintf("a signature means %q", c.Meaning), "use one of: "+strings.Join(Meanings(), ", "))
	case c.Meaning != "performed" && role < clinic.Clinician:
		return nil, refuse("not_allowed", c.Meaning+" is a clinician's to sign", "a clinician of the clinic's file has to sign")
	}
	return []Event{Signed{By: c.By, Role: role, Meaning: c.Meaning}}, nil
}

func allShort(texts ...string) error {
	for _, s := range texts {
		if len(s) > maxField {
			return refuse("too_long", fmt.Sprintf("a text of %d bytes", len(s)), fmt.Sprintf("shorten it to %d", maxField))
		}
	}
	return nil
}
