package cartridge

import "strings"

// rule is how the value after an application identifier is written.
type rule struct {
	from, to    string // the first and last identifier of the row, equally long
	numeric     bool   // digits alone; else GS1's character set 82
	least, most int    // characters
	fixed       bool   // ends by its length; every other value ends at FNC1 or with the scan
}

// rules are the application identifiers that are read or skipped. No identifier is
// the beginning of another, so the first row that fits is the only one.
//
// An identifier that isn't here makes the scan refused: its value can't be framed, or
// must not be skipped, as 7003, an expiry with the time of day. Those of freight,
// food, money and vouchers are left out: they are not on the pack of a cartridge.
//
// Source: DOMAIN 6.5 for 01, 10, 11, 17, 21; GS1 General Specifications 3 and 7.8 for
// the others, as published in GS1's syntax dictionary (2023-12).
var rules = [...]rule{
	{"00", "00", true, 18, 18, true},      // logistic unit
	{"01", "02", true, 14, 14, true},      // GTIN; GTIN of what is contained
	{"10", "10", false, 1, 20, false},     // lot
	{"11", "13", true, 6, 6, true},        // production, due, packaging date
	{"15", "17", true, 6, 6, true},        // best before, sell by, expiry
	{"20", "20", true, 2, 2, true},        // variant
	{"21", "22", false, 1, 20, false},     // serial; consumer variant
	{"235", "235", false, 1, 28, false},   // third party's serial
	{"240", "241", false, 1, 30, false},   // additional id; customer's part number
	{"242", "242", true, 1, 6, false},     // made-to-order variation
	{"243", "243", false, 1, 20, false},   // packaging component
	{"250", "251", false, 1, 30, false},   // secondary serial; reference to source
	{"30", "30", true, 1, 8, false},       // count
	{"3100", "3699", true, 6, 6, true},    // weights and measures
	{"37", "37", true, 1, 8, false},       // count of what is contained
	{"400", "401", false, 1, 30, false},   // order number; consignment
	{"410", "417", true, 13, 13, true},    // locations and parties
	{"422", "422", true, 3, 3, false},     // country of origin
	{"7001", "7001", true, 13, 13, false}, // NATO stock number
	{"7020", "7022", false, 1, 20, false}, // refurbishment lot, functional status, revision
	{"7040", "7040", false, 4, 4, false},  // unique id with extensions
	{"710", "717", false, 1, 20, false},   // national healthcare reimbursement numbers
	{"7230", "7239", false, 3, 30, false}, // certification
	{"7240", "7240", false, 1, 20, false}, // protocol
	{"8002", "8002", false, 1, 20, false}, // mobile telephone
	{"8004", "8004", false, 1, 30, false}, // asset
	{"8012", "8012", false, 1, 20, false}, // software version
	{"8013", "8013", false, 1, 25, false}, // model number (Basic UDI-DI)
	{"8200", "8200", false, 1, 70, false}, // address of the product's page
	{"90", "90", false, 1, 30, false},     // agreed between partners
	{"91", "99", false, 1, 90, false},     // internal to a company
}

// ruleAt returns the identifier that s begins with, and its rule; nil when none that
// is known does.
func ruleAt(s string) (ai string, r *rule) {
	for i := range rules {
		r := &rules[i]
		if n := len(r.from); len(s) >= n && digits(s[:n]) && s[:n] >= r.from && s[:n] <= r.to {
			return s[:n], r
		}
	}
	return "", nil
}

// set82 is what a value may be written with. Source: GS1 General Specifications 7.11.
const set82 = `!"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz`

func inSet82(c byte) bool { return strings.IndexByte(set82, c) >= 0 }
