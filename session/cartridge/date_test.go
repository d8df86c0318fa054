package cartridge_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"penlog/protocol"
	"penlog/session/cartridge"
)

func TestDateOfAMomentIsItsDayInUTC(t *testing.T) {
	east := time.FixedZone("east", 10*3600)
	for _, tt := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), "2026-11-23"},
		{time.Date(2026, 11, 23, 23, 59, 59, 999_999_000, time.UTC), "2026-11-23"},
		{time.Date(2026, 11, 23, 9, 0, 0, 0, east), "2026-11-22"},
		{time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC), "1969-12-31"},
		{time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC), "2028-02-29"},
	} {
		if got := cartridge.DateOf(protocol.AtTime(tt.at)); got.String() != tt.want || !got.Valid() {
			t.Errorf("DateOf(%v) = %v, want %s", tt.at, got, tt.want)
		}
	}
	for _, at := range []protocol.At{math.MinInt64, math.MaxInt64} {
		if d := cartridge.DateOf(at); d.Valid() {
			t.Errorf("DateOf(%d) = %v is valid", at, d)
		}
	}
}

func TestValidIsWhatTheCalendarHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := cartridge.Date{
			Year:  rapid.SampledFrom([]int{-1, 0, 1, 1900, 2000, 2024, 2026, 2100, 9999, 10000}).Draw(t, "year"),
			Month: rapid.IntRange(-1, 14).Draw(t, "month"), Day: rapid.IntRange(-1, 33).Draw(t, "day"),
		}
		// The calendar of the time package moves a day that there isn't to another.
		at := time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
		want := at.Year() == d.Year && int(at.Month()) == d.Month && at.Day() == d.Day && d.Year >= 1 && d.Year <= 9999
		if d.Valid() != want {
			t.Fatalf("%+v: Valid() = %v, want %v", d, d.Valid(), want)
		}
	})
}

func TestBeforeIsTheOrderOfTheCalendar(t *testing.T) {
	day := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(-800, 800).Draw(t, "days"))
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := day.Draw(t, "a"), day.Draw(t, "b")
		x, y := cartridge.DateOf(protocol.AtTime(a)), cartridge.DateOf(protocol.AtTime(b))
		if x.Before(y) != a.Before(b) || x.Before(x) || (x == y) != a.Equal(b) || (x.String() < y.String()) != a.Before(b) {
			t.Fatalf("%v before %v: %v", x, y, x.Before(y))
		}
	})
	if zero := (cartridge.Date{}); !zero.Before(today) || today.Before(zero) || zero.Valid() || zero.String() != "" {
		t.Errorf("the zero Date is %q, valid %v", zero, zero.Valid())
	}
}

func TestDateAsText(t *testing.T) {
	type record struct {
		D cartridge.Date `json:"d,omitzero"`
	}
	for _, tt := range []struct {
		d    cartridge.Date
		want string
	}{
		{cartridge.Date{Year: 2027, Month: 2, Day: 28}, `{"d":"2027-02-28"}`},
		{cartridge.Date{Year: 1, Month: 1, Day: 1}, `{"d":"0001-01-01"}`},
		{cartridge.Date{}, `{}`},
	} {
		text, err := json.Marshal(record{tt.d})
		if err != nil || string(text) != tt.want {
			t.Errorf("%v: %s, %v", tt.d, text, err)
		}
		var again record
		if err := json.Unmarshal(text, &again); err != nil || again.D != tt.d {
			t.Errorf("%s reads as %v, %v", text, again.D, err)
		}
	}
	if _, err := json.Marshal(record{cartridge.Date{Year: 2027, Month: 2, Day: 29}}); err == nil {
		t.Error("a day that the calendar doesn't have was written")
	}
	was := today
	if err := was.UnmarshalText(nil); err != nil || was != (cartridge.Date{}) {
		t.Errorf("no text reads as %v, %v", was, err)
	}
	for _, text := range []string{"2027-02-29", "2027-2-28", "27-02-28", "2027/02/28", "2027-02-28 ", "+027-02-28", "2027-00-01", "2027-01-00",
		"20270228", "2027-02-2８", "0000-01-01", " ", "today", strings.Repeat("9", 1000)} {
		d := today
		if err := d.UnmarshalText([]byte(text)); err == nil || d != today || len(err.Error()) > 200 {
			t.Errorf("%q reads as %v, %v", text, d, err)
		}
	}
}

// Source: DOMAIN 6.5, -49/+50 years.
func TestCenturyOfATwoDigitYear(t *testing.T) {
	for _, tt := range []struct{ today, yy, want int }{
		{2026, 26, 2026}, {2026, 0, 2000}, {2026, 76, 2076}, {2026, 77, 1977}, {2026, 99, 1999},
		{2051, 1, 2101}, {2051, 2, 2002}, {2050, 0, 2100}, {2049, 99, 2099}, {2050, 1, 2001},
		{1999, 49, 2049}, {1999, 50, 1950}, {2000, 50, 2050}, {2000, 51, 1951},
	} {
		s, err := cartridge.Parse(fmt.Sprintf("01%s17%02d0115", gtin, tt.yy), cartridge.Date{Year: tt.today, Month: 6, Day: 1})
		if want := (cartridge.Date{Year: tt.want, Month: 1, Day: 15}); err != nil || s.Expiry != want {
			t.Errorf("year %02d, read in %d: %v, %v; want %d", tt.yy, tt.today, s.Expiry, err, tt.want)
		}
	}
}

func TestDayNoughtIsTheLastOfTheMonth(t *testing.T) {
	for digits, want := range map[string]string{
		"270100": "2027-01-31", "270200": "2027-02-28", "280200": "2028-02-29", "000200": "2000-02-29",
		"260400": "2026-04-30", "261100": "2026-11-30", "261200": "2026-12-31", "280229": "2028-02-29",
	} {
		if s := parse(t, "01"+gtin+"17"+digits); s.Expiry.String() != want {
			t.Errorf("(17) %s is %v, want %s", digits, s.Expiry, want)
		}
		if s := parse(t, "01"+gtin+"11"+digits); s.Made.String() != want {
			t.Errorf("(11) %s is %v, want %s", digits, s.Made, want)
		}
	}
}

func TestWithoutTodayNoDateIsRead(t *testing.T) {
	for _, no := range []cartridge.Date{{}, {Year: 2026, Month: 13, Day: 1}, {Year: -100, Month: 1, Day: 1}} {
		if s, err := cartridge.Parse("01"+gtin+"17270228", no); code(err) != "no_today" || s.Expiry != (cartridge.Date{}) {
			t.Errorf("today %+v: expiry %v, %v", no, s.Expiry, err)
		}
		if s, err := cartridge.Parse("01"+gtin+"10A", no); err != nil || s.Lot != "A" {
			t.Errorf("today %+v, no date in the scan: %v", no, err)
		}
	}
}

func TestExpiryDayIsStillGood(t *testing.T) {
	s := parse(t, "01"+gtin+"17270228")
	for _, tt := range []struct {
		today cartridge.Date
		want  bool
	}{
		{cartridge.Date{Year: 2026, Month: 12, Day: 31}, false},
		{cartridge.Date{Year: 2027, Month: 2, Day: 27}, false},
		{cartridge.Date{Year: 2027, Month: 2, Day: 28}, false},
		{cartridge.Date{Year: 2027, Month: 3, Day: 1}, true},
		{cartridge.Date{Year: 2028, Month: 1, Day: 1}, true},
		{cartridge.Date{}, true}, // no today: not known to be good
		{cartridge.Date{Year: 2027, Month: 2, Day: 29}, true},
	} {
		if got := s.Expired(tt.today); got != tt.want {
			t.Errorf("good until %v, on %v: Expired() = %v", s.Expiry, tt.today, got)
		}
	}
	if none := parse(t, gtin); none.Expired(today) || none.Expired(cartridge.Date{}) {
		t.Error("a pack without an expiry is called expired")
	}
}

// A day begins where the clinic is: an expired cartridge must not be good all
// morning since it is still yesterday in Greenwich.
func TestDateInAZone(t *testing.T) {
	at := protocol.AtTime(time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC))
	for _, tt := range []struct {
		zone *time.Location
		want string
	}{
		{nil, "2026-11-23"}, {time.UTC, "2026-11-23"},
		{time.FixedZone("east", 13*3600), "2026-11-24"}, {time.FixedZone("west", -10*3600), "2026-11-23"},
	} {
		if got := cartridge.DateIn(at, tt.zone); got.String() != tt.want {
			t.Errorf("in %v: %v, want %s", tt.zone, got, tt.want)
		}
	}
}
