package campaign

import (
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// lane holds the fast lane to its own word: what it told the slow one decides what
// may leave it, and what found no room there too.
type lane struct {
	tripped bool // a trip was told, and no acknowledgement since
	trip    session.Rule
	tripAt  protocol.Instant

	full   bool              // a note found the queue full, and no lease came since
	fullAt protocol.Instant  // that was last
	unsaid uint32            // readings that found it so, and that nothing has told of yet
	noRoom uint32            // events that the pen had no room for, likewise
	lost   map[uint32]uint16 // of each boot, by its newest status
	gap    uint32            // readings that are lost, as the session at hand was told and has not recorded
	acked  bool              // an acknowledgement was told, and is not recorded yet
}

// noRoom hears of a note that found the queue to the slow lane full.
func (j *judge) noRoom(n *session.Note) {
	l := &j.lane
	switch n.Kind {
	case session.NoteEvent: // it comes again
		return
	case session.NoteReading:
		l.unsaid++
	}
	l.full, l.fullAt = true, j.w.now
}

// told hears what the fast lane tells the slow one.
func (j *judge) told(n *session.Note) {
	l := &j.lane
	switch n.Kind {
	case session.NoteReading:
		if n.Dropped < l.unsaid {
			j.blame("gap", "%d readings found no room, and the lane tells of %d", l.unsaid, n.Dropped)
		}
		l.unsaid = 0
	case session.NoteFinding:
		if f := &n.Finding; f.On && f.Response == session.Trip && !l.tripped {
			l.tripped, l.trip, l.tripAt = true, f.Rule, j.w.now
		}
	case session.NoteAcked:
		if n.Err == nil {
			j.acknowledges()
			l.tripped, l.acked = false, true
		}
	}
}

// gaps follows what the slow lane was told of readings that are lost, and what it recorded.
func (j *judge) gaps(e session.Event) {
	l := &j.lane
	switch e := e.(type) {
	case session.Opened:
		l.gap, l.noRoom = 0, 0
	case session.SignalGap:
		l.gap -= min(l.gap, e.Readings)
	case session.EntriesDropped:
		l.noRoom -= min(l.noRoom, e.Entries)
	case session.Ended:
		if l.noRoom > 0 {
			j.blame("gap", "the pen had no room for %d events, and the record does not say so", l.noRoom)
		}
		if l.gap > 0 {
			j.blame("gap", "%d readings are lost, and the record does not say so", l.gap)
		}
	}
}

// status follows how many events a pen had no room for, as the slow lane is told.
func (j *judge) status(n *session.Note, open bool) {
	l, boot := &j.lane, j.of
	if was := l.lost[boot]; n.Status.EventsLost != was {
		if l.lost == nil {
			l.lost = map[uint32]uint16{}
		}
		if open && n.Status.EventsLost > was {
			l.noRoom += uint32(n.Status.EventsLost - was)
		}
		l.lost[boot] = n.Status.EventsLost
	}
}

// acknowledges judges that a trip is over: its cause is gone as far as readings tell.
// Source: session/STATES.md.
func (j *judge) acknowledges() {
	o, l := &j.oracle, &j.lane
	if !l.tripped || !o.up.is || !o.have || j.w.now.Sub(o.up.heardAt) > silence-margin { // without a link there is nobody to ask
		return
	}
	bad := func(why string) { j.blame("acknowledged", "%v is acknowledged, and %s", l.trip, why) }
	r := &o.last
	switch now := j.w.now; {
	case r.Flags.Motor() != protocol.MotorOff:
		bad("the motor runs by the newest reading")
	case now.Sub(o.at) > o.staleAfter()+2*margin && now.Sub(o.up.since) > o.staleAfter()+2*margin:
		bad("no reading came for " + now.Sub(o.at).String())
	case l.trip == session.DepthAboveCeiling && o.wanted > 0 && r.Set != protocol.None && protocol.Micrometres(r.Set) > o.wanted && now.Sub(o.wishAt) > margin:
		bad("the dial is at " + protocol.Micrometres(r.Set).String())
	case l.trip == session.PenFault && r.Flags.Has(protocol.FlagFault):
		bad("the pen reports its fault")
	case l.trip == session.ReadingsImpossible && o.up.source == 0 && r.Measured != protocol.None && int(r.Measured) > int(o.up.id.DepthMax)+600:
		bad("the depth shown can't be")
	}
}

// staleAfter is how old a reading may be. Source: session/HAZARDS.md, 'readings_stale'.
func (o *oracle) staleAfter() time.Duration {
	period := time.Second / time.Duration(max(o.up.id.ReadingsMin, 1)) // it may have agreed to no more
	limit := max(150*time.Millisecond, 3*period)
	if o.up.mode == guardedPen {
		limit = min(limit, life-50*time.Millisecond)
	}
	return limit
}

// mayPermit judges a permit that leaves, the trial's too.
func (j *judge) mayPermit(m *protocol.Permit) {
	switch l := &j.lane; {
	case l.tripped:
		j.blame("permit after trip", "a permit for %d µm is sent, and %v was told as a trip that nobody acknowledged", m.Depth, l.trip)
	case l.full && m.Depth != testDepth:
		j.blame("permit unrecorded", "a permit for %d µm is sent, and a note found no room that no commit has made good", m.Depth)
	}
}

// mayTry judges that a test of the pen begins. Source: PROTOCOL.md §7.4.
func (j *judge) mayTry() {
	o := &j.oracle
	switch l := &j.lane; {
	case l.tripped:
		j.blame("trial", "a test begins, and %v was told as a trip that nobody acknowledged", l.trip)
	case l.full:
		j.blame("trial", "a test begins, and a note found no room that no commit has made good")
	case o.revoke != 0:
		j.blame("trial", "a test begins, and a revoke is not shown yet")
	case o.have && o.last.Flags.Has(protocol.FlagFault):
		j.blame("trial", "a test begins, and the pen reports a fault")
	case o.have && j.w.now.Sub(o.at) > o.staleAfter()+2*margin:
		j.blame("trial", "a test begins, and no reading came for %v", j.w.now.Sub(o.at))
	}
}

// turned judges, after a turn of the fast lane, that a trip has stopped what it found.
func (l *lane) turned(o *oracle) {
	if !o.record && !o.allow {
		l.full = false // nothing of it was to be recorded
	}
	x, now := &o.frames, o.w.now
	runs := o.have && o.last.Flags.Motor() != protocol.MotorOff
	if l.tripped && l.tripAt == now && o.up.is && x.kind == protocol.TypeCeiling && x.granted == x.gen {
		o.w.judge.blame("trip stops", "%v is told, and no revoke left with it", l.trip)
	}
	if l.tripped && l.tripAt == now && o.up.is && o.up.mode == stoppablePen && runs && now.Sub(o.at) < margin && now.Sub(x.revoked) > again {
		o.w.judge.blame("trip stops", "%v is told of a pen that takes a stop, its motor runs, and none left", l.trip)
	}
	if x.outAt == now && x.kind == protocol.TypeCeiling && x.granted == x.gen {
		o.w.judge.blame("release stops", "the pen is out of guarded mode, and what it was permitted is not revoked")
	}
	if o.stopAt != 0 && l.tripped && runs && now.Sub(o.at) < margin && now.Sub(max(x.revoked, l.tripAt, o.w.host.hotStall)) > again {
		o.w.judge.blame("repeats", "%v is latched, the motor runs, and it was last told to stop %v ago", l.trip, now.Sub(x.revoked))
	}
	if x.stopBy != 0 && now > max(x.stopBy, o.w.host.hotStall.Add(3*readTimeout)) {
		if x.revoked < x.stopAsked && x.kind != protocol.TypeRevoke {
			o.w.judge.blame("asked to stop", "somebody asked to stop %v ago, and no revoke left since", now.Sub(x.stopAsked))
		}
		x.stopBy = 0
	}
}

// again is how often a motor that stays on is told to stop, with room. Source: PROTOCOL.md §7.5.
const again = 100*time.Millisecond + 60*time.Millisecond

// asksToStop hears that the slow lane took a command: whatever came of one that asks to
// stop, what runs is stopped.
func (j *judge) asksToStop(do session.CommandKind) {
	o := &j.oracle
	if do == session.CmdAbort && j.w.now.Sub(j.abortAt) >= abortMost {
		j.abortAt = j.w.now
	}
	if !slices.Contains([]session.CommandKind{session.CmdStop, session.CmdPause, session.CmdAbort}, do) || !o.up.is || o.up.mode == talkingPen || !o.have {
		return
	}
	x := &o.frames
	if o.last.Flags.Motor() != protocol.MotorOff || x.kind == protocol.TypeCeiling && x.granted == x.gen {
		x.stopAsked, x.stopBy = j.w.now, j.w.now.Add(60*time.Millisecond)
	}
}
