package device_test

import (
	"testing"
	"time"

	"penlog/device"
)

func TestDrainedMeansThatEverythingArrivedWasRead(t *testing.T) {
	const full, timeout = device.ReadSize, 0
	type read struct {
		atMS float64 // when the read returned
		n    int
		want bool
	}
	for _, tt := range []struct {
		name  string
		reads []read
	}{
		{"a timeout is drained from the first", []read{{10, timeout, true}, {20, timeout, true}}},
		{"a short read is drained once the line has run for a while", []read{
			{5, 40, false}, {10, 40, false}, {14.9, 40, false}, {15, 40, true}, {20, 40, true}}},
		{"a full read never is", []read{{10, timeout, true}, {20, full, false}, {20.1, full, false}, {20.2, 3, true}}},
		{"a gap of exactly 20 ms is no stall", []read{{10, timeout, true}, {30, 40, true}}},
		{"after a stall only a timeout counts, for 10 ms", []read{
			{10, timeout, true}, {31, 40, false}, {31.1, 40, false}, {35, 40, false}, {40.9, 40, false}, {41, 40, true}}},
		{"a timeout right after a stalled read counts", []read{
			{10, timeout, true}, {110, 40, false}, {115, timeout, true}, {116, 40, false}, {120, 40, true}}},
		{"the timeout that ends a stall does not count, the next read tells", []read{
			{10, timeout, true}, {210, timeout, false}, {210.1, 700, false}, {220.1, timeout, true}}},
		{"two stalls in a row extend the doubt", []read{
			{10, timeout, true}, {110, 40, false}, {210, 40, false}, {219, 40, false}, {220, 40, true}}},
		{"on a host where every wait is a stall, every other timeout counts", []read{
			{30, timeout, true}, {60, timeout, false}, {90, timeout, true}, {120, timeout, false}, {150, timeout, true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d device.Drain
			for i, r := range tt.reads {
				if got := d.Returned(time.Duration(r.atMS*float64(time.Millisecond)), r.n); got != r.want {
					t.Errorf("read %d, %d bytes at %v ms: drained = %v, want %v", i, r.n, r.atMS, got, r.want)
				}
			}
		})
	}
}
