package session

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"penlog/session/clinic"
)

// CommandSpec says what a command is for, what it takes and who may give it. The
// API's document is made from it.
type CommandSpec struct {
	Do    CommandKind
	Words string
	// Takes are the JSON names of the fields that it takes beside do, by and
	// session; those in Needs can't be empty.
	Takes, Needs []string
	// Open: no sign-in and no name is needed, since waiting for one does harm.
	Open bool
	Role clinic.Role // the least of who gives it
	// After: it may follow the end of the session.
	After bool
}

func names(s string) []string { return strings.Fields(s) }

var commandSpecs = []CommandSpec{
	{Do: CmdOpen, Words: "begin a session", Takes: names("patient text")},

	{Do: CmdDescribe, Words: "phototype, age and course of the patient", Takes: names("describe"), Needs: names("describe")},
	{Do: CmdPlan, Words: "the plan: zones with indication, depth, passes; the shallow ones first", Takes: names("plan keep_order"), Needs: names("plan")},
	{Do: CmdAddZone, Words: "one zone more", Takes: names("plan"), Needs: names("plan")},
	{Do: CmdScreen, Words: "answers of the screening", Takes: names("answers rest")},
	{Do: CmdClear, Words: "a clinician clears a finding of the screening", Takes: names("code text"), Needs: names("code text"), Role: clinic.Clinician},
	{Do: CmdConsent, Words: "what the patient agreed to", Takes: names("consent"), Needs: names("consent")},
	{Do: CmdAnaesthetic, Words: "a step of the topical anaesthetic: none, on, off, wiped, reaction", Takes: names("anaesthetic"), Needs: names("anaesthetic"), After: true},
	{Do: CmdGlideProduct, Words: "what the needles glide on", Takes: names("product"), Needs: names("product")},
	{Do: CmdCartridge, Words: "a cartridge goes in", Takes: names("cartridge"), Needs: names("cartridge")},
	{Do: CmdCartridgeOut, Words: "the cartridge is out, and in the sharps bin"},
	{Do: CmdAlarmHeard, Words: "the alarm was played, and heard"},
	{Do: CmdAcceptMode, Words: "go on with a pen that is not guarded", Takes: names("mode"), Needs: names("mode")},
	{Do: CmdDeclarePen, Words: "a pen without a link", Takes: names("pen"), Needs: names("pen")},
	{Do: CmdArea, Words: "a zone's area on this patient", Takes: names("zone side area_mm2"), Needs: names("zone area_mm2")},

	{Do: CmdChoose, Words: "choose zone and indication", Takes: names("zone side site indication wanted_um"), Needs: names("zone indication")},
	{Do: CmdNext, Words: "choose the next zone of the plan", Takes: names("wanted_um")},
	{Do: CmdOverride, Words: "a clinician allows more depth in the zone at hand, for 15 minutes at most", Takes: names("zone side site value_um text second"), Needs: names("zone side value_um text"), Role: clinic.Clinician},
	{Do: CmdEndOverride, Words: "take the override back"},
	{Do: CmdArm, Words: "time-out: patient, zone and max depth are right; the pen may run"},
	{Do: CmdStart, Words: "treatment begins, with a pen that can't be seen to start"},
	{Do: CmdPause, Words: "no permit until resumed", Open: true},
	{Do: CmdStop, Words: "the same, in haste", Open: true},
	{Do: CmdResume, Words: "patient, zone and max depth are right: go on"},
	{Do: CmdPass, Words: "a pass was made; or its count is corrected by delta", Takes: names("delta text")},
	{Do: CmdEnter, Words: "dial, passes and time of a pen without a link", Takes: names("entry"), Needs: names("entry")},
	{Do: CmdEndpoint, Words: "what is seen on the skin of the zone", Takes: names("endpoint"), Needs: names("endpoint")},
	{Do: CmdReattribute, Words: "what was done since the last change, or in a span of time, was done in another zone", Takes: names("zone side site indication from_us to_us text"), Needs: names("zone text"), After: true},
	{Do: CmdHandOver, Words: "another operator goes on", Takes: names("to"), Needs: names("to")},
	{Do: CmdNote, Words: "a remark", Takes: names("text"), Needs: names("text"), After: true},
	{Do: CmdAcknowledge, Words: "the stop was seen and its cause is gone", Open: true},
	{Do: CmdMute, Words: "the alarm's sound pauses for 2 minutes", Open: true},
	{Do: CmdAcceptPen, Words: "the pen that answers now is the right one"},
	{Do: CmdLocate, Words: "the pen shows itself"},

	{Do: CmdAbort, Words: "stop the pen and end early; nothing is asked, all can be added after", Takes: names("code text"), Open: true},
	{Do: CmdFinish, Words: "end", Takes: names("text")},
	{Do: CmdInterrupt, Words: "close what a dead agent left", Takes: names("text")},
	{Do: CmdReason, Words: "why it was aborted", Takes: names("code text"), Needs: names("code"), After: true},
	{Do: CmdOutcome, Words: "how the patient left", Takes: names("outcome"), Needs: names("outcome"), After: true},
	{Do: CmdAftercare, Words: "what the patient was given and told", Takes: names("aftercare"), Needs: names("aftercare"), After: true},
	{Do: CmdFollowUp, Words: "what a later look found", Takes: names("follow_up"), Needs: names("follow_up"), After: true},
	{Do: CmdAdverse, Words: "an adverse event", Takes: names("adverse"), Needs: names("adverse"), After: true},
	{Do: CmdCorrect, Words: "what a record of this session says is wrong", Takes: names("seq text"), Needs: names("seq text"), After: true},
	{Do: CmdReassign, Words: "the session was of another patient: two people say so", Takes: names("patient second text"), Needs: names("patient second text"), After: true},
	{Do: CmdSign, Words: "sign what is recorded up to now", Takes: names("meaning"), Needs: names("meaning"), After: true},
}

// CommandSpecs returns every command. The caller only reads it.
func CommandSpecs() []CommandSpec { return slices.Clone(commandSpecs) }

// Spec returns what is said of the command, and false when there is none such.
func (k CommandKind) Spec() (CommandSpec, bool) {
	i := slices.IndexFunc(commandSpecs, func(s CommandSpec) bool { return s.Do == k })
	if i < 0 {
		return CommandSpec{}, false
	}
	return commandSpecs[i], true
}

// known refuses a command that does not exist, and says which do.
func (k CommandKind) known() (CommandSpec, error) {
	if s, ok := k.Spec(); ok {
		return s, nil
	}
	names := make([]string, len(commandSpecs))
	for i, s := range commandSpecs {
		names[i] = string(s.Do)
	}
	return CommandSpec{}, &RefusedError{Code: "unknown_command", Words: fmt.Sprintf("there is no command %q", k), Remedy: "use one of: " + strings.Join(names, ", ")}
}

// always are the fields that every command takes.
var always = names("do by session")

// fits refuses a command with a field too many or too few.
func (s *CommandSpec) fits(c *Command) error {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		given := !v.Field(i).IsZero()
		switch {
		case name == "-" || slices.Contains(always, name):
		case given && !slices.Contains(s.Takes, name):
			remedy := "leave it out: " + string(s.Do) + " takes nothing more"
			if len(s.Takes) > 0 {
				remedy = "leave it out: " + string(s.Do) + " takes " + strings.Join(s.Takes, ", ")
			}
			return &RefusedError{Code: "unexpected_field", Words: fmt.Sprintf("%s does not take %q", s.Do, name), Remedy: remedy}
		case !given && slices.Contains(s.Needs, name):
			return &RefusedError{Code: "missing_field", Words: fmt.Sprintf("%s needs %q", s.Do, name), Remedy: "give it: " + s.Words}
		}
	}
	return nil
}
