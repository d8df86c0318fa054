package main

import (
	"strings"
	"testing"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/limits"
)

// A stroke above Max depth that the pen can't tell from one at it reads
// differently from one that was too deep, and from none that could be counted.
func TestStrokesAboveMaxDepthReadAsWhatTheyAre(t *testing.T) {
	zone := func(above uint64, deepest protocol.Micrometres) session.ZoneTotal {
		return session.ZoneTotal{Place: session.Place{Zone: limits.Cheek, Indication: limits.AcneScarRolling}, Ceiling: 1500, Strokes: 200, Above: above, Deepest: deepest}
	}
	for _, tt := range []struct {
		name     string
		accuracy protocol.Micrometres
		zone     session.ZoneTotal
		want     string
		note     string
	}{
		{"none", 50, zone(0, 1480), "  0  ", ""},
		{"by no more than the accuracy", 50, zone(187, 1550), "187 *", "  * within the accuracy of the pen, ±0.05 mm"},
		{"by more", 50, zone(187, 1551), "187  ", ""},
		{"accuracy not stated", 0, zone(3, 1650), "3 *", "±0.15 mm"},
		{"not measured", 50, zone(0, 0), "–", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &session.Procedure{Pen: &session.PenUp{Accuracy: tt.accuracy}}
			p.Totals.Zones = []session.ZoneTotal{tt.zone}
			var b strings.Builder
			(&story{proc: p}).printZones(&b)
			if !strings.Contains(b.String(), tt.want) || !strings.Contains(b.String(), tt.note) || tt.note == "" && strings.Contains(b.String(), "*") {
				t.Errorf("want %q and %q in:\n%s", tt.want, tt.note, b.String())
			}
		})
	}
}

// A density that isn't there says what is missing for it.
func TestDensityWords(t *testing.T) {
	for _, tt := range []struct {
		zone session.ZoneTotal
		want string
	}{
		{session.ZoneTotal{Contact: 200, Punctures: 2800, AreaMM2: 1000, Density: 280}, "~280 /cm²"},
		{session.ZoneTotal{Contact: 200, Punctures: 2800, AreaMM2: 700_000}, "~0 /cm²"},
		{session.ZoneTotal{Contact: 400, Punctures: 2800, NoNeedles: true, AreaMM2: 1000, Density: 280}, "more than ~280 /cm²: needles of a cartridge not known"},
		{session.ZoneTotal{Contact: 200, Punctures: 2800}, "area not known"},
		{session.ZoneTotal{Contact: 200, AreaMM2: 1000}, "needles not known"},
		{session.ZoneTotal{Seconds: 60, AreaMM2: 1000}, "–"},
	} {
		if got := densityWords(&tt.zone); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.zone, got, tt.want)
		}
	}
}

// What the pack said is told: by it a cartridge is found again after a recall.
func TestCartridgeWordsTellThePack(t *testing.T) {
	in := session.CartridgeIn{Model: "x", Needles: 12, UseKey: "k",
		Scan: &cartridge.Scan{Lot: "L1", Serial: "S1", Expiry: cartridge.Date{Year: 2028, Month: 12, Day: 31}}}
	if got, want := cartridgeWords(&in), "Cartridge in, scanned: x lot L1, serial S1, good until 2028-12-31, 12 needles"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
