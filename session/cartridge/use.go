package cartridge

import (
	"fmt"
	"strings"
)

// Proof is what single use can be shown by.
type Proof string

// The proofs.
const (
	ProofSerial    Proof = "serial"     // the pack has a serial
	ProofPackIndex Proof = "pack_index" // the clinic numbers the packs of a lot
	ProofLotOnly   Proof = "lot_only"   // many cartridges share the lot: single use can't be proven
	ProofNone      Proof = "none"       // not even a lot: single use can't be proven
)

// Use returns the key of the one cartridge that the scan is of, which must never stand
// in two sessions, and what kind of proof it is; the key is "" when there is none. The
// pack index is the clinic's own number for this cartridge among all of its lot, or of
// its label where no lot was read; 0 when there is none. A serial needs no index.
//
// A key is the same however the code was scanned or typed. Case is folded: a scanner
// with caps lock on must not make a used cartridge new.
//
// Source: DOMAIN 4 and 6.5 (a lot alone cannot prove single use).
func (s Scan) Use(packIndex int) (key string, proof Proof) {
	switch {
	case s.GTIN != "" && s.Serial != "":
		return "(01)" + s.GTIN + "(21)" + strings.ToUpper(s.Serial), ProofSerial
	case s.GTIN != "" && s.Lot != "" && packIndex >= 1:
		return fmt.Sprintf("(01)%s(10)%s#%d", s.GTIN, strings.ToUpper(s.Lot), packIndex), ProofPackIndex
	case (s.Issuer == HIBCC || s.Issuer == ICCBBA) && packIndex >= 1:
		if t, err := surface(s.Raw); err == nil {
			return fmt.Sprintf("%s %s#%d", s.Issuer, strings.ToUpper(t.body), packIndex), ProofPackIndex
		}
	}
	if s.Lot != "" {
		return "", ProofLotOnly
	}
	return "", ProofNone
}
