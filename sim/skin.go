package sim

import (
	"fmt"
	"strings"

	"penlog/protocol"
)

// Skin is what the tip is on, by how hard it is for the motor. That bone close
// under the skin, scars and thin skin differ is in DOMAIN 1.4 and 1.5; by how much
// they load a motor is chosen, since no source measures it.
type Skin uint8

// The kinds of skin.
const (
	SkinPlain Skin = iota // the cheek, the neck
	SkinSoft              // abdomen, flank, buttock, thigh
	SkinFirm              // back, arm, mature scars
	SkinBony              // forehead, temple, nose, chin, scalp, hand, shin: bone close under
)

var skins = [...]struct {
	name string
	load int64 // percent of plain skin's
}{{"plain", 100}, {"soft", 70}, {"firm", 140}, {"bony", 180}}

// String gives the skin's word.
func (s Skin) String() string {
	if int(s) < len(skins) {
		return skins[s].name
	}
	return "unknown skin"
}

// load is what the skin asks of the motor, percent of plain skin's.
func (s Skin) load() int64 {
	if int(s) < len(skins) {
		return skins[s].load
	}
	return 100
}

// SkinByName returns the skin of that word. The error lists the words.
func SkinByName(name string) (Skin, error) {
	words := make([]string, len(skins))
	for i := range skins {
		if skins[i].name == name {
			return Skin(i), nil
		}
		words[i] = skins[i].name
	}
	return 0, fmt.Errorf("sim: no skin %q: choose one of %s", name, strings.Join(words, ", "))
}

// Touch says what skin the tip is on when it is on any.
func (p *Pen) Touch(now protocol.Instant, s Skin) {
	p.Step(now)
	if p.skin == s {
		return
	}
	p.use()
	p.skin = s
	p.load()
}
