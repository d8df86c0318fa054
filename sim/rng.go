package sim

// rng is splitmix64: small, sound enough for noise, and ours, so that a seed
// means the same in every Go release.
type rng uint64

// stream returns the generator of the given purpose under a seed; generators of
// different purposes do not disturb each other.
func stream(seed, purpose uint64) rng {
	r := rng(seed ^ purpose*0xd1342543de82ef95)
	r.next()
	return r
}

// Purposes of the generators.
const (
	forBoot = iota + 1
	forStroke
	forMotor
	forHand
	forLine
	forRig
	forBus
)

func (r *rng) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns one of 0 to n−1; 0 when n is not positive. The bias of the
// multiplication, under n/2³², does not matter here.
func (r *rng) below(n int64) int64 {
	if n <= 0 {
		return 0
	}
	return int64((r.next() >> 32) * uint64(n) >> 32)
}

// between returns one of lo to hi, both included. Spans stay under 2³².
func (r *rng) between(lo, hi int64) int64 { return lo + r.below(hi-lo+1) }

// chance reports true in n of a million cases.
func (r *rng) chance(n int64) bool { return n > 0 && r.below(1_000_000) < n }

// normal returns nearly normal noise of the given standard deviation, never
// beyond 3.5 of them: the sum of four uniform variables.
func (r *rng) normal(deviation int64) int64 {
	if deviation == 0 {
		return 0
	}
	z := r.next()
	sum := int64(z&0xffff) + int64(z>>16&0xffff) + int64(z>>32&0xffff) + int64(z>>48)
	const root = 37837 // 65536·√(4/12)
	return (sum - 2*0xffff) * deviation / root
}
