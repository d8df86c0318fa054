package selftest

import (
	"strings"

	"penlog/protocol"
	"penlog/session"
)

// guardRules switch each rule of the guard's table off: in guarded mode, or, where
// it means nothing in that mode, in all.
func guardRules() []Mutation {
	var out []Mutation
	for _, r := range session.Rules() {
		cells := [...]string{cellsOf(r, session.ModeGuarded), cellsOf(r, session.ModeStoppable), cellsOf(r, session.ModeMonitor), cellsOf(r, session.ModeManual)}
		row := strings.Join(cells[:], " ")
		off := "--- " + strings.Join(cells[1:], " ")
		if cells[0] == "---" {
			off = "--- --- --- ---"
		}
		m := in{Guard, "session/rule.go"}.off(r.String(), r.String(), `"`+r.String()+`", "`+row+`"`, `"`+r.String()+`", "`+off+`"`)
		out = append(out, m)
	}
	return out
}

// cellsOf is a rule's place in the guard's table for a mode, as the table has it.
func cellsOf(r session.Rule, m session.Mode) string {
	letters := map[session.Response]byte{session.Trip: 'T', session.Hold: 'H', session.Alarm: 'A', session.Advisory: 'C', session.NotApplicable: '-'}
	var b []byte
	for _, s := range [...]protocol.DepthSource{protocol.DepthMeasured, protocol.DepthSet, protocol.DepthManual} {
		b = append(b, letters[r.Respond(m, s)])
	}
	return string(b)
}
