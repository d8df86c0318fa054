package protocol_test

import (
	"errors"
	"strings"
	"testing"

	"penlog/protocol"
)

// guardedID is the identity of the pen that most tests use.
func guardedID() protocol.Identity {
	return protocol.Identity{
		MinVersion: 1, MaxVersion: 1, Boot: 0x0b007a11,
		Caps: protocol.CapPermits | protocol.CapStop | protocol.CapParks | protocol.CapAnnounces | protocol.CapSimulated |
			protocol.CapSet | protocol.CapMeasured | protocol.CapContact,
		DepthMin: 250, DepthMax: 2500, DepthStep: 250, Resolution: 5, Accuracy: 50,
		RateMin: 900, RateMax: 1500, StopMS: 80, ReadingsMin: 1, ReadingsMax: 1000,
		NeedleLength: 2500, NeedleCount: 14,
		Vendor: "Example", Model: "Pen One", Serial: "SN-0001", Firmware: "1.0.0",
	}
}

// badIdentities are payloads of identities that no pen can have.
func badIdentities() []struct {
	name, field string
	payload     []byte
} {
	type bad = struct {
		name, field string
		payload     []byte
	}
	var out []bad
	add := func(name, field string, change func(*protocol.Identity)) {
		id := guardedID()
		change(&id)
		out = append(out, bad{name, field, id.Append(nil)})
	}
	add("version 0", "version range", func(m *protocol.Identity) { m.MinVersion = 0 })
	add("versions upside down", "version range", func(m *protocol.Identity) { m.MinVersion = 2 })
	add("boot 0", "boot id", func(m *protocol.Identity) { m.Boot = 0 })
	add("depths upside down", "depth range", func(m *protocol.Identity) { m.DepthMin = m.DepthMax + 1 })
	add("greatest depth unknown", "depth range", func(m *protocol.Identity) { m.DepthMax = protocol.None })
	add("greatest depth 0", "greatest depth", func(m *protocol.Identity) { m.DepthMin, m.DepthMax = 0, 0 })
	add("stroke rates upside down", "stroke rate range", func(m *protocol.Identity) { m.RateMin = m.RateMax + 1 })
	add("readings upside down", "telemetry range", func(m *protocol.Identity) { m.ReadingsMin = m.ReadingsMax + 1 })
	add("no readings", "telemetry range", func(m *protocol.Identity) { m.ReadingsMin, m.ReadingsMax = 0, 0 })
	add("permits without stop", "capabilities", func(m *protocol.Identity) { m.Caps &^= protocol.CapStop })
	add("permits without parking", "capabilities", func(m *protocol.Identity) { m.Caps &^= protocol.CapParks })
	add("permits without a depth", "capabilities", func(m *protocol.Identity) { m.Caps &^= protocol.CapSet | protocol.CapMeasured })
	add("permits, and 101 ms to stop", "stop time", func(m *protocol.Identity) { m.StopMS = 101 })
	add("permits, and at most 19 readings", "telemetry range", func(m *protocol.Identity) { m.ReadingsMax = 19 })
	add("never listens, yet stops", "capabilities", func(m *protocol.Identity) {
		m.Caps = protocol.CapTalksOnly | protocol.CapStop
	})
	id := guardedID()
	p := id.Append(nil)
	p[37] = 33 // the vendor's length
	out = append(out, bad{"a text of 33 bytes", "string of 33 bytes", append(p, make([]byte, 40)...)})
	return out
}

func TestIdentityRefusesWhatNoPenCanBe(t *testing.T) {
	for _, tt := range badIdentities() {
		t.Run(tt.name, func(t *testing.T) {
			got := protocol.Identity{Vendor: "before"}
			err := got.Parse(tt.payload)
			if !errors.Is(err, protocol.ErrValue) || !strings.Contains(err.Error(), tt.field) {
				t.Errorf("Parse() = %v, want one about the %s", err, tt.field)
			}
			if got != (protocol.Identity{Vendor: "before"}) {
				t.Errorf("Parse() failed and still wrote %+v", got)
			}
		})
	}
}

func TestIdentityIsShortAtEveryCut(t *testing.T) {
	id := guardedID()
	p := id.Append(nil)
	for n := range p {
		var got protocol.Identity
		if err := got.Parse(p[:n]); !errors.Is(err, protocol.ErrShort) {
			t.Fatalf("Parse() of %d of %d bytes = %v, want %v", n, len(p), err, protocol.ErrShort)
		}
	}
	var got protocol.Identity
	if err := got.Parse(append(p, 1, 2, 3)); err != nil || got != id {
		t.Errorf("Parse() with trailing bytes = %+v, %v", got, err)
	}
}

func TestIdentityTextsCannotCarryControlCodes(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"SN-0001", "SN-0001"},
		{"\x1b[2J\x07", "?[2J?"},
		{"a\x00b\nc", "a?b?c"},
		{"Müller Ω", "Müller Ω"},
		{"\xff\xfe", "??"},
		{"left\u202eright", "left?right"},
		{"", ""},
	} {
		id := guardedID()
		id.Serial = tt.in
		var got protocol.Identity
		if err := got.Parse(id.Append(nil)); err != nil || got.Serial != tt.want {
			t.Errorf("serial %q reads as %q, %v; want %q", tt.in, got.Serial, err, tt.want)
		}
	}
}

func TestIdentityTextsAreCutAtARune(t *testing.T) {
	id := guardedID()
	id.Model = strings.Repeat("x", 31) + "é" // 33 bytes
	var got protocol.Identity
	if err := got.Parse(id.Append(nil)); err != nil || got.Model != strings.Repeat("x", 31) {
		t.Errorf("Model reads as %q, %v", got.Model, err)
	}
	id.Model = strings.Repeat("\xff", 40)
	if err := got.Parse(id.Append(nil)); err != nil {
		t.Errorf("a model of no UTF-8: %v", err)
	}
}

func TestIdentityDepthSourceAndTolerance(t *testing.T) {
	for _, tt := range []struct {
		caps     protocol.Caps
		accuracy uint16
		source   protocol.DepthSource
		words    string
		tol      protocol.Micrometres
	}{
		{protocol.CapSet | protocol.CapMeasured, 50, protocol.DepthMeasured, "measured", 50},
		{protocol.CapMeasured, 150, protocol.DepthMeasured, "measured", 150},
		{protocol.CapSet, 151, protocol.DepthSet, "set", 150},
		{0, 0, protocol.DepthManual, "manual", 150},
	} {
		id := protocol.Identity{Caps: tt.caps, Accuracy: tt.accuracy}
		if got := id.Depth(); got != tt.source || got.String() != tt.words {
			t.Errorf("Depth() = %v, want %v", got, tt.words)
		}
		if got := id.Tolerance(); got != tt.tol {
			t.Errorf("Tolerance() with accuracy %d = %v, want %v", tt.accuracy, got, tt.tol)
		}
	}
}
