package campaign

import (
	"penlog/protocol"
	"slices"
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/session"
	"penlog/sim"
)

// aftermath is how long after a trouble its consequences still have it as their cause.
const aftermath = 4 * time.Second

// calm is how long nothing else must have been wrong before a trouble has to be
// answered in time: with two at once the budgets do not hold.
const calm = 8 * time.Second

// troubles is what the judge knows of what goes wrong.
type troubles struct {
	list       []trouble
	duties     int                   // how many of list have to be answered and are not done
	broken     map[session.Rule]bool // rules that are broken now, by what was recorded
	unseen     string                // a trouble in force that nothing on the wire shows; empty: none
	unseenTill protocol.Instant      // consequences of one that is over
}

// troubled takes note of a deed, before it is done.
func (j *judge) troubled(v *script.Verb, d *script.Deed) {
	w := j.w
	if v.Human() {
		return
	}
	if d.Verb == "clear" {
		for i := range j.list {
			if t := &j.list[i]; t.verb == d.Text {
				t.until = min(t.until, w.now)
				j.close(t)
			}
		}
		j.judgeUnseen()
		return
	}
	t := trouble{verb: v.Name, kind: v.Fault, room: v.Group == script.GroupRoom, amount: d.Amount, from: w.now, until: never, unrest: !w.pen.AtRest()}
	if d.For > 0 {
		t.until = w.now.Add(d.For)
	}
	if t.room {
		f := sim.Fault{Kind: v.Fault, Amount: d.Amount, Way: d.Way}
		if t.amount == 0 {
			t.amount = v.Amount
		}
		if v.Fault.Info().AtOnce {
			t.until = w.now
			if v.Fault == sim.FaultStall {
				t.until = w.now.Add(time.Duration(t.amount) * time.Millisecond)
			}
		}
		t.answer = ofRoom[v.Fault]
		t.duty = (len(t.answer.must) > 0 || t.answer.tells != "" && !w.pen.Has(v.Fault)) && f.Observable(w.pen.Identity().Caps)
		if v.Fault == sim.FaultDialMissing && j.id.Caps.Has(protocol.CapMeasured) {
			t.answer.own = nil // the measured depth obliges to a stop all the same
		}
	} else {
		t.answer = ofPC[v.Name]
		t.duty = len(t.answer.must) > 0
		if d.For == 0 {
			t.until = w.now
		}
	}
	if t.amount < 0 && (v.Fault == sim.FaultSensorBias || v.Fault == sim.FaultSensorDrift) { // a depth that is shifted to nothing stands still
		t.answer.may = rules(t.answer.may, one(session.ReadingsFrozen))
	}
	if v.Fault == sim.FaultDrift && t.room {
		if most := max(t.amount, j.pace, w.script.Drift); most-min(t.amount, j.pace, w.script.Drift) > 20_000 { // it takes the host's map of it seconds to learn that
			t.answer.may = one(session.ReadingsStale)
		}
		j.wanders, j.pace = true, t.amount
	}
	if (t.from == t.until || t.answer.after || t.answer.tells != "") && (!j.linked || !j.oracle.open()) {
		t.duty = false // nobody's record takes what was before the session
	}
	if !j.guarded {
		t.duty = false // most of them concern permits; the oracle asks for what the rest breaks
	}
	// Two at once, and neither has to be answered in time.
	for i := range j.list {
		if o := &j.list[i]; (o.until.Add(calm) >= w.now || o.until == never) && !slices.Contains(o.answer.by, t.verb) {
			j.close(o)
			t.duty = false
		}
	}
	if t.duty {
		j.duties++
	} else {
		t.done = true
	}
	j.list = append(j.list, t)
	j.judgeUnseen()
}

func (j *judge) close(t *trouble) {
	if !t.done {
		t.done = true
		j.duties--
	}
}

// judgeUnseen finds a trouble in force that nothing on the wire shows.
func (j *judge) judgeUnseen() {
	if j.unseen != "" {
		j.unseenTill = j.w.now.Add(time.Second)
	}
	j.unseen = ""
	caps := j.w.pen.Identity().Caps
	for i := range j.list {
		if t := &j.list[i]; t.room && (t.until > j.w.now || t.kind == sim.FaultCreep) && !(sim.Fault{Kind: t.kind, Amount: t.amount}).Observable(caps) {
			j.unseen = t.verb
		}
	}
}

// caused reports whether some trouble explains that the rule is broken now.
func (j *judge) caused(r session.Rule) bool {
	switch {
	case r == session.DiskFull && !j.w.disk.reserve.held:
		return true // until the reserve is made anew
	case r == session.RecordStalled && (j.w.now.Sub(j.oracle.at) > lease-soon || j.oracle.hushAt != 0 && j.w.now.Sub(j.oracle.hushAt) < 3*soon):
		return true // where no reading comes there is nothing to commit
	case r == session.RecordStalled && j.lane.fullAt != 0 && j.w.now.Sub(j.lane.fullAt) < aftermath:
		return true // the queue was full
	case r == session.NotAPen && j.oracle.up.strayAt != 0 && j.w.now.Sub(j.oracle.up.strayAt) > 3*time.Second-margin:
		return true // however seldom they came
	}
	at := j.found()
	for i := range j.list {
		t := &j.list[i]
		if slices.Contains(t.answer.may, r) && (j.lasting(t) || at <= t.until.Add(aftermath)) || t.answer.aged && r == session.ReadingsStale && at <= t.until.Add(mapped) {
			return true
		}
	}
	return false
}

// stalls are troubles in which a lane of the agent stands still.
var stalls = []string{"agent-stall", "hot-stall", "cold-stall", "suspend"}

// found is since when what is recorded now may have been found: a lane that stood still
// comes to it later.
func (j *judge) found() protocol.Instant {
	at := j.w.now
	for i := range j.list {
		if t := &j.list[i]; !t.room && slices.Contains(stalls, t.verb) && j.lasting(t) {
			at = min(at, t.from)
		}
	}
	return at
}

// lasting reports whether a trouble, or its consequences, go on. A pen that was
// released at the pen stays so, and of one that claims what it is not the host goes by
// the identity that it was told.
func (j *judge) lasting(t *trouble) bool {
	switch {
	case !t.room:
	case t.kind == sim.FaultReleased && j.w.pen.Released(), t.kind == sim.FaultClaimsPermits && j.believed(protocol.CapPermits),
		t.kind == sim.FaultClaimsMeasured && j.believed(protocol.CapMeasured):
		t.until = max(t.until, j.w.now)
	}
	return t.until == never || j.w.now <= t.until.Add(aftermath)
}

// believed reports whether the host goes by a word of the pen's that the pen no longer gives.
func (j *judge) believed(c protocol.Caps) bool {
	u := &j.oracle.up
	return u.knows && u.id.Caps.Has(c) && !j.w.pen.Identity().Caps.Has(c)
}

// breaksByItself reports whether a pen in trouble, or not yet out of it for long,
// breaks a promise whatever the host does.
func (j *judge) breaksByItself(promise string) bool {
	for i := range j.list {
		t := &j.list[i]
		if j.lasting(t) && slices.Contains(t.answer.own, promise) {
			return true
		}
	}
	return false
}

// stops is how long the pen takes to stop: as it states, and by what a trouble adds.
func (j *judge) stops() time.Duration {
	more := int64(0)
	for i := range j.list {
		if t := &j.list[i]; t.room && t.kind == sim.FaultSlowStop && j.lasting(t) {
			more = max(more, t.amount)
		}
	}
	return j.stop + time.Duration(more)*time.Millisecond
}

// healed takes note that a rule is no longer broken.
func (j *judge) healed(r session.Rule) { delete(j.broken, r) }

// answered takes note that a rule broke.
func (j *judge) answered(r session.Rule) {
	j.broken[r] = true
	if j.duties == 0 {
		return
	}
	for i := range j.list {
		t := &j.list[i]
		if !t.done && slices.Contains(t.answer.must, r) {
			j.w.res.Counts.Due = tally(j.w.res.Counts.Due, map[string]uint64{t.verb: 1})
			j.close(t)
		}
	}
}

// said takes note that something that happened at the pen was recorded.
func (j *judge) said(what string) {
	for i := range j.list {
		if t := &j.list[i]; !t.done && t.answer.tells == what {
			j.w.res.Counts.Due = tally(j.w.res.Counts.Due, map[string]uint64{t.verb: 1})
			j.close(t)
		}
	}
}

// dutiful judges troubles that have to be answered.
func (j *judge) dutiful() {
	w := j.w
	watched := w.host.alive && w.host.cold.Procedure() != nil && !w.host.cold.Procedure().State.Over()
	for i := range j.list {
		t := &j.list[i]
		if t.done {
			continue
		}
		if !t.answer.after && t.from != t.until && w.now > t.until {
			j.close(t) // it was over before it had mattered for long enough
			continue
		}
		if !watched && t.from == t.until { // the session that it was to be told in is over
			j.close(t)
			continue
		}
		if !watched || !j.linked || t.answer.matters != nil && !t.answer.matters(w, t) {
			t.since = 0
			continue
		}
		if t.since == 0 {
			t.since = w.now
		}
		if slices.ContainsFunc(t.answer.must, func(r session.Rule) bool { return j.broken[r] }) {
			j.answered(t.answer.must[0]) // it had been said before
			continue
		}
		if limit := t.since.Add(t.answer.within); w.now > limit {
			c := &w.res.Counts
			c.Due = tally(c.Due, map[string]uint64{t.verb: 1})
			c.Missed = tally(c.Missed, map[string]uint64{t.verb: 1})
			j.blame("missed "+t.verb, "it has mattered for %v, and nothing of %s was said", w.now.Sub(t.since), t.answer.wanted())
			j.close(t)
		}
	}
}

// lately reports whether one of these began no longer ago than that.
func (j *judge) lately(d time.Duration, kinds ...sim.FaultKind) bool {
	for i := range j.list {
		if t := &j.list[i]; t.room && j.w.now <= t.from.Add(d) && slices.Contains(kinds, t.kind) {
			return true
		}
	}
	return false
}

// had reports whether a fault was in force at a moment.
func (j *judge) had(k sim.FaultKind, at protocol.Instant) bool {
	return slices.ContainsFunc(j.list, func(t trouble) bool { return t.room && t.kind == k && t.from <= at && at <= t.until })
}

// agesLie are troubles after which true time tells nothing of the age of what is heard.
var agesLie = []sim.FaultKind{sim.FaultTickJump, sim.FaultTickWrap, sim.FaultSecondPen, sim.FaultOtherPen, sim.FaultReboot, sim.FaultDrift}

// settled reports whether nothing was wrong for so long.
func (j *judge) settled(d time.Duration) bool {
	for i := range j.list {
		if t := &j.list[i]; t.until == never || j.w.now <= t.until.Add(d) {
			return false
		}
	}
	return true
}
