package sim

import (
	"fmt"
	"strings"
)

// Range is what a hand draws a value from, both ends included.
type Range struct{ Lo, Hi int64 }

func (r *rng) draw(x Range) int64 { return r.between(x.Lo, x.Hi) }

// Style is a kind of hand. Speeds and pauses are chosen around the motion that
// DOMAIN 3 describes (glides of some centimetres at about 2 cm/s, lifted between
// them, a pass in each direction); no source measures hands. They are fixed
// here before anything infers passes from them, and stay as they were committed:
// pass inference is tuned against them. What a hand does beside that is a new style.
type Style struct {
	Name, About string

	Speed  Range // of a glide, mm/s
	Length Range // of a glide, mm
	Glides Range // in a pass, were they side by side
	Lift   Range // between glides, ms; 0: the tip stays on the skin
	Turn   Range // between passes, ms
	React  Range // until the hand notices something, ms

	Slip   int64 // dial turned one to three steps too far, in a million turns
	Forget int64 // dial not turned for a new task, in a million
	Dwell  int64 // glides with a stop on the spot, in a million
	Stay   Range // how long, ms
	Bounce int64 // glides in which contact breaks for a moment, in a million

	Overlap int64 // of each glide with the one before, percent, 0 to 90: a pass takes more of them
	Stray   int64 // tasks begun in another zone without a word to anyone, in a million
}

var styles = []Style{
	{Name: "careful", About: "slow, even, lifts between glides",
		Speed: Range{15, 22}, Length: Range{20, 40}, Glides: Range{6, 10}, Lift: Range{250, 600}, Turn: Range{1500, 4000}, React: Range{200, 500}},
	{Name: "fast", About: "quick glides, short lifts",
		Speed: Range{30, 60}, Length: Range{20, 50}, Glides: Range{8, 14}, Lift: Range{60, 200}, Turn: Range{300, 1200}, React: Range{150, 350},
		Slip: 50_000, Bounce: 20_000},
	{Name: "tired", About: "uneven, dwells, notices late",
		Speed: Range{8, 25}, Length: Range{15, 40}, Glides: Range{4, 10}, Lift: Range{300, 2500}, Turn: Range{2000, 9000}, React: Range{600, 2000},
		Slip: 80_000, Forget: 50_000, Dwell: 150_000, Stay: Range{1000, 12_000}, Bounce: 30_000},
	{Name: "trembling", About: "contact breaks all the time, the dial slips",
		Speed: Range{10, 30}, Length: Range{10, 30}, Glides: Range{6, 12}, Lift: Range{150, 700}, Turn: Range{1500, 4000}, React: Range{200, 800},
		Slip: 200_000, Bounce: 700_000},
	{Name: "forgetful", About: "leaves the dial where it was",
		Speed: Range{15, 30}, Length: Range{20, 40}, Glides: Range{6, 10}, Lift: Range{200, 600}, Turn: Range{1000, 4000}, React: Range{300, 900},
		Forget: 600_000},
	{Name: "pauseless", About: "never lifts between glides, hardly between passes",
		Speed: Range{18, 35}, Length: Range{20, 40}, Glides: Range{8, 12}, Turn: Range{0, 150}, React: Range{200, 500}},
	{Name: "dwelling", About: "stops on the spot in most glides",
		Speed: Range{12, 25}, Length: Range{15, 35}, Glides: Range{4, 8}, Lift: Range{200, 700}, Turn: Range{1500, 4000}, React: Range{200, 600},
		Dwell: 600_000, Stay: Range{2000, 14_000}},
	{Name: "overlapping", About: "each glide overlaps the one before by half",
		Speed: Range{15, 30}, Length: Range{20, 40}, Glides: Range{5, 9}, Lift: Range{150, 500}, Turn: Range{1200, 4000}, React: Range{200, 500},
		Overlap: 50},
	{Name: "straying", About: "goes on to the next zone without a word to anyone",
		Speed: Range{15, 30}, Length: Range{20, 40}, Glides: Range{6, 10}, Lift: Range{200, 600}, Turn: Range{1000, 4000}, React: Range{300, 900},
		Stray: 600_000},
}

// Styles returns every kind of hand.
func Styles() []Style { return append([]Style(nil), styles...) }

// StyleByName returns the kind of hand of that name. The error lists the names.
func StyleByName(name string) (Style, error) {
	names := make([]string, len(styles))
	for i, s := range styles {
		if s.Name == name {
			return s, nil
		}
		names[i] = s.Name
	}
	return Style{}, fmt.Errorf("sim: no hand %q: choose one of %s", name, strings.Join(names, ", "))
}
