package cartridge_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"penlog/session/cartridge"
)

func TestUse(t *testing.T) {
	serial, lot, only := "01"+gtin+"10L1"+gs+"21s7", "01"+gtin+"10l1", "01"+gtin
	const hibcc, iccbba = "+A99912345/$$52001510X3", "=/A9999XYZ100T0944"
	for _, tt := range []struct {
		name, raw string
		index     int
		key       string
		proof     cartridge.Proof
	}{
		{"serial", serial, 0, "(01)09506000134352(21)S7", cartridge.ProofSerial},
		{"serial needs no index", serial, 3, "(01)09506000134352(21)S7", cartridge.ProofSerial},
		{"lot and index", lot, 3, "(01)09506000134352(10)L1#3", cartridge.ProofPackIndex},
		{"lot", lot, 0, "", cartridge.ProofLotOnly},
		{"lot, index below one", lot, -1, "", cartridge.ProofLotOnly},
		{"GTIN", only, 0, "", cartridge.ProofNone},
		{"GTIN and an index of no lot", only, 1, "", cartridge.ProofNone},
		{"EAN", "9506000134352", 1, "", cartridge.ProofNone},
		{"HIBCC", hibcc, 0, "", cartridge.ProofNone},
		{"HIBCC and index", hibcc, 2, "hibcc +A99912345/$$52001510X3#2", cartridge.ProofPackIndex},
		{"ICCBBA", iccbba, 0, "", cartridge.ProofNone},
		{"ICCBBA and index", iccbba, 1, "iccbba =/A9999XYZ100T0944#1", cartridge.ProofPackIndex},
	} {
		if key, proof := parse(t, tt.raw).Use(tt.index); key != tt.key || proof != tt.proof {
			t.Errorf("%s: Use(%d) = %q %q, want %q %q", tt.name, tt.index, key, proof, tt.key, tt.proof)
		}
	}
	for _, s := range []cartridge.Scan{ // what a person entered
		{},
		{Issuer: cartridge.UnknownIssuer, Raw: "what was on the pack"},
		{Issuer: cartridge.UnknownIssuer, Serial: "S7"}, // whose serial
		{Issuer: cartridge.HIBCC},
		{Issuer: cartridge.HIBCC, Raw: " \r\n"},
	} {
		for index := range 3 {
			if key, proof := s.Use(index); key != "" || proof != cartridge.ProofNone {
				t.Errorf("%+v: Use(%d) = %q %q", s, index, key, proof)
			}
		}
	}
	for index := range 3 {
		if key, proof := (cartridge.Scan{Lot: "L1"}).Use(index); key != "" || proof != cartridge.ProofLotOnly {
			t.Errorf("a lot of no product: Use(%d) = %q %q", index, key, proof)
		}
	}
}

// The scanner, its settings and the way the code is written change no key.
func TestKeyIsThatOfTheCartridgeNotOfTheScan(t *testing.T) {
	for _, same := range [][]string{
		{"]d201" + gtin + "10L1" + gs + "21S7", "01" + gtin + "21S7" + gs + "17270228" + "10L1\r\n", gs + "01" + gtin + "10l1" + gs + "21s7", "(01)" + gtin + "(10)L1(21)S7", "01" + gtin + "21S7"},
		{"01" + gtin + "10L1", "]C101" + gtin + "17270200" + "10L1" + gs, "(01) " + gtin + " (10) l1 "},
		{"+A99912345/$$52001510X3", "]C0+A99912345/$$52001510X3\r\n", "+a99912345/$$52001510x3\t"},
		{"=/A9999XYZ100T0944", " ]d1=/A9999XYZ100T0944"},
	} {
		want, _ := parse(t, same[0]).Use(2)
		for _, raw := range same {
			if key, _ := parse(t, raw).Use(2); key != want || key == "" {
				t.Errorf("%q: key %q, want %q", raw, key, want)
			}
		}
	}
}

// Two cartridges never share a key.
func TestKeysOfDifferentCartridgesDiffer(t *testing.T) {
	type identity struct {
		gtin, lot, serial, raw string
		index                  int
	}
	short := rapid.StringOfN(rapid.SampledFrom([]rune("A1(2)#")), 0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		var keys [2]string
		var ids [2]identity
		for i := range 2 {
			s := cartridge.Scan{
				Issuer: rapid.SampledFrom([]cartridge.Issuer{cartridge.GS1, cartridge.HIBCC, cartridge.ICCBBA, cartridge.UnknownIssuer}).Draw(t, "issuer"),
				Lot:    short.Draw(t, "lot"), Serial: short.Draw(t, "serial"),
			}
			index := rapid.IntRange(-1, 12).Draw(t, "index")
			switch s.Issuer {
			case cartridge.GS1:
				s.GTIN = checked(fmt.Sprintf("%013d", rapid.IntRange(1, 3).Draw(t, "gtin")))
			case cartridge.HIBCC:
				s.Raw = "+A999" + short.Draw(t, "raw")
			case cartridge.ICCBBA:
				s.Raw = "=A999" + short.Draw(t, "raw")
			}
			key, proof := s.Use(index)
			if (key == "") != (proof == cartridge.ProofNone || proof == cartridge.ProofLotOnly) {
				t.Fatalf("%+v: key %q, proof %q", s, key, proof)
			}
			if (proof == cartridge.ProofLotOnly) && s.Lot == "" {
				t.Fatalf("%+v: proof %q", s, proof)
			}
			// What the key is to tell apart.
			keys[i] = key
			switch {
			case proof == cartridge.ProofSerial:
				ids[i] = identity{gtin: s.GTIN, serial: s.Serial}
			case s.GTIN != "":
				ids[i] = identity{gtin: s.GTIN, lot: s.Lot, index: index}
			default:
				ids[i] = identity{raw: s.Raw, index: index}
			}
		}
		if keys[0] != "" && (keys[0] == keys[1]) != (ids[0] == ids[1]) {
			t.Fatalf("keys %q of %+v", keys, ids)
		}
	})
}

func TestProofsAreWordsOfTheRecord(t *testing.T) {
	got := fmt.Sprint(cartridge.ProofSerial, " ", cartridge.ProofPackIndex, " ", cartridge.ProofLotOnly, " ", cartridge.ProofNone)
	if want := "serial pack_index lot_only none"; got != want {
		t.Errorf("proofs %q, want %q", got, want)
	}
	if got := strings.Join([]string{string(cartridge.GS1), string(cartridge.HIBCC), string(cartridge.ICCBBA), string(cartridge.UnknownIssuer)}, " "); got != "gs1 hibcc iccbba unknown" {
		t.Errorf("issuers %q", got)
	}
}
