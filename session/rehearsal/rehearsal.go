// Package rehearsal gives the commands of an ordinary visit, for tests, campaigns
// and the demo: whoever needs a session that may be armed, and is not
// concerned with how it is prepared.
package rehearsal

import "penlog/session"

// Patient is the pseudonymous id that [Open] names.
const Patient = "patient-1"

// Open begins a session for [Patient].
func Open(by session.By) session.Command {
	return session.Command{Do: session.CmdOpen, By: by, Patient: Patient}
}

// Prepare returns the commands between opening and choosing a zone: nothing of the
// screening stands in the way, no anaesthetic was used, a new cartridge is in. Its
// needles are so long that they bind nothing.
func Prepare(by session.By) []session.Command {
	return []session.Command{
		{Do: session.CmdDescribe, By: by, Describe: &session.Description{Phototype: 2, Method: "operator", Age: 40, First: "no"}},
		{Do: session.CmdScreen, By: by, Rest: "no"},
		{Do: session.CmdConsent, By: by, Consent: &session.Consent{Version: "1", OffLabel: true}},
		{Do: session.CmdAnaesthetic, By: by, Anaesthetic: &session.Anaesthetic{Step: "none"}},
		{Do: session.CmdCartridge, By: by, Cartridge: &session.CartridgeGiven{Model: "test", Length: 3000, Needles: 12, Intact: true}},
		{Do: session.CmdAlarmHeard, By: by},
	}
}
