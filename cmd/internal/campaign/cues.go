package campaign

import (
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/session/limits"
)

// What one spot and one zone may have before people are told, quietly. Source: DOMAIN 3.
const (
	dwellMost  = 10 * time.Second
	darkerMost = 3 // passes, of Fitzpatrick IV to VI, or of skin that nobody described. Source: DOMAIN 1.5
)

// warnAbove is how many passes are not too many, by indication. Source: DOMAIN 3.
var warnAbove = map[limits.Indication]int{
	limits.AcneScarIcepick: 8, limits.AcneScarBoxcar: 8, limits.AcneScarRolling: 8, limits.FineLines: 6, limits.Laxity: 6, limits.EnlargedPores: 4, limits.UnevenTone: 4,
	limits.Striae: 8, limits.SurgicalScar: 8, limits.BurnScar: 8, limits.Hyperpigmentation: 3, limits.Alopecia: 5,
}

// spot is for how long the tip has been where it is, by readings.
type spot struct {
	at     protocol.Tick // of the newest glide, of contact, of the motor's start
	long   protocol.Instant
	glides uint8
	moves  bool // on the skin with the motor on, in the reading before
	counts bool // the pen counts glides
}

// dwells follows a reading: with the motor on, on the skin, and no new glide.
func (o *oracle) dwells(r *protocol.Reading, on bool) {
	x := &o.spot
	x.counts = x.counts || r.Glides != 0
	moves := on && r.Flags.Has(protocol.FlagContactKnown|protocol.FlagContact)
	if !o.have || !moves || !x.moves || r.Glides != x.glides {
		x.at = r.Tick
	}
	x.moves, x.glides = moves, r.Glides
	if !x.counts {
		return
	}
	d := r.Tick.Since(x.at)
	if d > dwellMost-3*margin {
		x.long = o.w.now
	}
	if d > dwellMost+2*margin && o.w.judge.account.zones.here != (session.Place{}) {
		o.owe(session.Dwell)
	}
}

// cue notes what is told of a zone.
func (z *zones) cue(r session.Rule, on bool) {
	bit := uint32(1) << r
	if z.cues &^= bit; on {
		z.cues |= bit
	}
}

// dwelt judges that there was a cause to tell of a spot.
func (j *judge) dwelt(r session.Rule) {
	up := &j.oracle.up // who came anew within the time may have been there before
	if at := j.oracle.spot.long; r == session.Dwell && up.is && j.w.now.Sub(up.since) > dwellMost+2*margin && (at == 0 || j.w.now.Sub(at) > 5*time.Second) && !j.lately(time.Minute, counts...) {
		j.blame("false dwell", "it is told that the pen stays on one spot, and no reading shows so")
	}
}

// cued judges, once what was recorded is taken in, that people are told of a zone with
// more passes or punctures than it should have, and of no other.
func (j *judge) cued(p *session.Procedure) {
	a := &j.account
	z := &a.zones
	if p == nil || p.State.Over() || p.Foreign || z.here == (session.Place{}) || a.answers == nil {
		return
	}
	told := a.up && a.mode != session.ModeNone && a.mode != session.ModeManual
	judge := func(r session.Rule, got, most int) {
		broke, is := most > 0 && got > most, z.cues&(1<<r) != 0
		if broke != is && (is || told) {
			j.blame("cue "+r.String(), "%v has %d, at most %d are meant, and it is told: %t", z.here.Zone, got, most, is)
		}
	}
	passes, dense := warnAbove[z.here.Indication], 0
	if d := a.describe; (d == nil || d.Phototype == 0 || d.Phototype >= 4) && (passes == 0 || passes > darkerMost) {
		passes = darkerMost
	}
	item := a.planned(z.here)
	if dense = item.Density; item.Passes > 0 && (passes == 0 || item.Passes < passes) {
		passes = item.Passes
	}
	judge(session.DensityAbovePlan, int(density(z.of(z.here).punctures, z.area(z.here))), dense)
	if z.moved {
		return
	}
	marked, fixed, made := z.passes(z.here)
	if i := slices.IndexFunc(p.Totals.Zones, func(x session.ZoneTotal) bool { return x.Place == z.here }); i >= 0 && !made {
		marked = p.Totals.Zones[i].Passes.Inferred
	}
	judge(session.PassesAbovePlan, max(marked+fixed, 0), passes)
}
