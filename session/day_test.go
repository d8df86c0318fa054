package session_test

import (
	"testing"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/limits"
)

// An expiry, and every other day, is by the clock on the clinic's wall. Under
// another clock a cartridge would be good all morning of the day after, or a
// consent that was signed this morning not signed yet.
func TestDaysAreThoseOfTheClinic(t *testing.T) {
	east, west := time.FixedZone("east", 13*3600), time.FixedZone("west", -10*3600)
	for _, tt := range []struct {
		name string
		zone *time.Location
		at   time.Time // the cartridge's last good day is 24 November
		good bool
	}{
		{"east, the evening of the last day", east, time.Date(2026, 11, 24, 23, 0, 0, 0, east), true},
		{"east, the morning after", east, time.Date(2026, 11, 25, 8, 0, 0, 0, east), false},
		{"west, the evening of the last day", west, time.Date(2026, 11, 24, 20, 0, 0, 0, west), true},
		{"west, the morning after", west, time.Date(2026, 11, 25, 8, 0, 0, 0, west), false},
		{"no zone", nil, time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC), true},
	} {
		v := prepared(t)
		v.choose(limits.Cheek, limits.Left)
		v.env.At, v.env.Zone = protocol.AtTime(tt.at), tt.zone
		scan := session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Scan: "(01)04012345000016(17)261124(21)S1", Intact: true}}
		if _, err := v.give(scan); (err == nil) != tt.good {
			t.Errorf("%s: %v", tt.name, err)
		}
		y, m, d := tt.at.Date()
		v.do(session.Command{Do: session.CmdConsent, Consent: &session.Consent{Version: "1", SignedOn: cartridge.Date{Year: y, Month: int(m), Day: d}}})
	}
	// One that was good when it went in is looked at again before each time-out.
	v := prepared(t)
	v.choose(limits.Cheek, limits.Left)
	v.env.Zone = east
	v.env.At = protocol.AtTime(time.Date(2026, 11, 24, 23, 0, 0, 0, east))
	v.do(session.Command{Do: session.CmdCartridge, Cartridge: &session.CartridgeGiven{Scan: "(01)04012345000016(17)261124(21)S1", Intact: true}})
	v.wait(2 * 3600)
	v.refused(session.Command{Do: session.CmdArm}, "checks_failed")
}
