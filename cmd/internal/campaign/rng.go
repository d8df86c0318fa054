package campaign

import (
	"time"

	"penlog/protocol"
)

// rng is splitmix64: small, sound enough for mishaps, and ours, so that a seed
// means the same in every Go release.
type rng uint64

// stream returns the generator of one purpose under a seed: what one part of
// the world draws does not shift what another draws.
func stream(seed, purpose uint64) rng {
	r := rng(seed*0x9e3779b97f4a7c15 ^ purpose*0xd1342543de82ef95)
	r.next()
	return r
}

// Purposes of the generators.
const (
	forWorld = iota + 1
	forDraw
	forTech
	forHost
	forDisk
	forLines
	forRoom
	forTasks
	forTamper
	forAlter
	forClinic
	forPlan
)

func (r *rng) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns one of 0 to n−1; 0 when n is not positive.
func (r *rng) below(n int) int {
	if n <= 0 {
		return 0
	}
	return int(r.next() % uint64(n))
}

// chance is true in so many of a hundred cases.
func (r *rng) chance(percent int) bool { return r.below(100) < percent }

// span draws a duration, both ends included, in whole µs.
func (r *rng) span(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(r.below(int((hi-lo)/time.Microsecond)+1))*time.Microsecond
}

// after draws a moment within a span from now.
func (r *rng) after(now protocol.Instant, lo, hi time.Duration) protocol.Instant {
	return now.Add(r.span(lo, hi))
}

// pick returns one of the values.
func pick[T any](r *rng, from []T) T { return from[r.below(len(from))] }
