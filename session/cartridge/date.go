package cartridge

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"penlog/protocol"
)

// Date is a day of the calendar, without a time of day or a zone. The zero Date is
// none. In records it is text, "2027-02-28", and "" for none.
type Date struct{ Year, Month, Day int }

// DateOf returns the day of a moment, in UTC.
func DateOf(at protocol.At) Date {
	y, m, d := at.Time().Date()
	return Date{y, int(m), d}
}

// DateIn returns the day of a moment where a clock on the wall shows that zone; nil
// is UTC.
func DateIn(at protocol.At, zone *time.Location) Date {
	if zone == nil {
		return DateOf(at)
	}
	y, m, d := at.Time().In(zone).Date()
	return Date{y, int(m), d}
}

// Valid reports whether the calendar has such a day, in the years 1 to 9999.
func (d Date) Valid() bool {
	return d.Year >= 1 && d.Year <= 9999 && d.Month >= 1 && d.Month <= 12 && d.Day >= 1 && d.Day <= daysIn(d.Year, d.Month)
}

// daysIn returns how many days a month has: the day before the first of the next.
func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// Before reports whether d is an earlier day than e. The zero Date is before every
// other.
func (d Date) Before(e Date) bool {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day)) < 0
}

// String gives the day as ISO 8601 does, "2027-02-28"; "" for the zero Date.
func (d Date) String() string {
	if d == (Date{}) {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText is [Date.String], and refuses a day that the calendar doesn't have.
func (d Date) MarshalText() ([]byte, error) {
	if d != (Date{}) && !d.Valid() {
		return nil, fmt.Errorf("cartridge: the calendar has no day %v", d)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads exactly what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) error {
	var got Date
	if len(text) == 10 {
		got.Year, got.Month, got.Day = number(string(text[:4])), number(string(text[5:7])), number(string(text[8:]))
	}
	if len(text) > 0 && (!got.Valid() || got.String() != string(text)) {
		return fmt.Errorf("cartridge: %.20q is no date: write it like 2027-02-28", text)
	}
	*d = got
	return nil
}

// number reads a few digits; -1 when there is anything else.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// yymmdd reads six digits as GS1 writes a day. The century is the one that puts the
// year between 49 before today's and 50 after it, and day 00 is the last of the month.
// It reports false for a day that the calendar doesn't have.
//
// Source: DOMAIN 6.5 (window M, day 00 G7).
func yymmdd(digits string, today Date) (Date, bool) {
	d := Date{number(digits[:2]), number(digits[2:4]), number(digits[4:])}
	d.Year += today.Year - today.Year%100
	switch {
	case d.Year > today.Year+50:
		d.Year -= 100
	case d.Year < today.Year-49:
		d.Year += 100
	}
	if d.Day == 0 && d.Month >= 1 && d.Month <= 12 {
		d.Day = daysIn(d.Year, d.Month)
	}
	return d, d.Valid()
}
