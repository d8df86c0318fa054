package protocol

import (
	"fmt"
	"strconv"
	"time"
)

// Micrometres is a needle depth below the skin-contact plane, or a distance of
// that scale. Depths are integers: the steps of real pens (0.1, 0.2, 0.25 mm)
// share no binary fraction, so no float ever holds one.
type Micrometres int32

// String gives the depth as programs and errors print it, e.g. "1200 µm".
func (d Micrometres) String() string { return strconv.Itoa(int(d)) + " µm" }

// MM gives the depth as people read it: millimetres with two decimals, rounded
// half away from zero, e.g. "1.20 mm".
func (d Micrometres) MM() string {
	sign := ""
	n := int64(d)
	if n < 0 {
		sign, n = "-", -n
	}
	n = (n + 5) / 10
	return fmt.Sprintf("%s%d.%02d mm", sign, n/100, n%100)
}

// Instant is a moment on this process's monotonic clock, in microseconds since
// an origin that the process chose. It is what every timer uses. It says
// nothing about the date and never meets an [At] in arithmetic.
type Instant int64

// Add returns the instant d later (µs resolution).
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d/time.Microsecond) }

// Sub returns how long after j the instant i lies.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i-j) * time.Microsecond }

// At is a moment on the wall clock, in microseconds since the Unix epoch, UTC.
// It is what records carry. Wall clocks are set back and forth, so nothing is
// ever timed with one.
type At int64

// AtTime converts a wall-clock time.
func AtTime(t time.Time) At { return At(t.UnixMicro()) }

// Time returns the moment as a UTC time.
func (a At) Time() time.Time { return time.UnixMicro(int64(a)).UTC() }

// Sub returns how long after b the moment a lies on the wall clock.
func (a At) Sub(b At) time.Duration { return time.Duration(a-b) * time.Microsecond }

// String gives the moment in RFC 3339 with microseconds, UTC.
func (a At) String() string { return a.Time().Format("2006-01-02T15:04:05.000000Z") }

// Tick is a pen's own clock: microseconds since its boot, modulo 2³²
// (it wraps after 71.6 minutes). Source: PROTOCOL.md §4.1.
type Tick uint32

// Since returns the time from u to t, taking the shorter way round the wrap:
// negative when t is the earlier one. Valid for spans under 35 minutes.
func (t Tick) Since(u Tick) time.Duration {
	return time.Duration(int32(t-u)) * time.Microsecond
}

// DeciHertz is a stroke rate in tenths of a stroke per second (117.0 Hz = 1170).
type DeciHertz uint16

// String gives the rate as people read it, in Hz and rpm, one motor turn being
// one stroke: "117.0 Hz (7020 rpm)".
func (r DeciHertz) String() string {
	return fmt.Sprintf("%d.%d Hz (%d rpm)", r/10, r%10, int(r)*6)
}
