package selftest

// recordClauses switch off what keeps journal and signal whole.
func recordClauses() []Mutation {
	j, s := in{Record, "session/journal.go"}, in{Record, "session/signal.go"}
	r, c, n, u, e, q, tr, sp := in{Record, "session/cold_record.go"}, in{Record, "session/cold.go"}, in{Record, "session/cold_notes.go"}, in{Record, "session/cold_run.go"}, in{Record, "session/cold_penevents.go"}, in{Record, "session/cold_command.go"}, in{Record, "session/decide_treat.go"}, in{Record, "session/cold_spare.go"}
	h := in{Record, "session/hot.go"}
	pa := in{Record, "session/cold_past.go"}
	return []Mutation{
		n.off("sample-of-before", "P7 P9", `Reading: n.Reading}`, `Reading: c.last}`),
		n.off("samples-left-out", "P7 P9", `		c.sample(n, at)
`, `		if n.Reading.Sent%2 == 0 {
			c.sample(n, at)
		}
`),
		n.off("samples-younger", "P7 P9", `Age: int32(min(n.Age.Microseconds(), 1<<31-1))`, `Age: 5000`),

		// Chains.
		j.off("chain-body", "P8", `h.Write(r.Body)`, ``),
		j.off("chain-prev", "P8", `h.Write(r.Prev[:])`, ``),
		s.off("chunk-body", "P8", `h.Write(c.Body)`, ``),
		s.off("chunk-prev", "P8", `h.Write(c.Prev[:])`, ``),
		q.off("seal-holds-the-signal", "P8", `e.SignalSeq, e.SignalHead = c.signal.Seq, c.signal.Head`, `e.SignalSeq = c.signal.Seq`),

		// What is answered is on the disk; what is not there does not run.
		q.off("answer-after-commit", "P7", `if c.committed >= c.chain.Seq {`, `if true {`),
		h.off("lease-of-two-seconds", "P7 record_stalled", `const CommitLease = 2 * time.Second`, `const CommitLease = 20 * time.Second`),
		r.off("lease-of-what-was-committed", "P7 record_stalled", `f.arrived.Add(CommitLease)})`, `now.Add(10 * CommitLease)})`),
		r.off("stalled", "P7", `return c.full() || len(c.flying) > 0 && now.Sub(c.flying[0].at) > CommitLease`, `return c.full()`),
		c.off("session-records-the-pen", "P7 record_stalled", `w.Record = c.open() && !c.proc.Foreign`, `w.Record = false`),

		q.off("abort-awaits-the-motor", "P8", `case cmd.Do == CmdAbort && c.open() && c.moves():`, `case false:`),

		// Nothing is lost without a word.
		r.off("gap-is-told", "P7", `if c.missed > 0 {`, `if false {`),
		n.off("gap-is-counted", "P7", `c.missed += n.Dropped`, ``),
		sp.off("trips-are-not-spared", "P6", `return e.Response != Trip`, `return true`),
		e.off("events-lost-are-told", "§8", `if uint32(n) <= was || !c.open()`, `if true || !c.open()`),

		c.off("all-is-handed-over", "P7 P8", `(due || c.flushNow || len(c.records) > 0) && len`, `(due || c.flushNow || len(c.records) > 1) && len`),
		c.off("reserve-of-a-full-disk", "P7 disk_full", `Order{Kind: OrderReserve, Allow: held}`, `Order{Kind: OrderReserve, Allow: true}`),

		// Strokes and runs.
		u.off("strokes-before", "P8", `u.made += uint32(max(0, int32(r.Strokes-before.Strokes)))`, `u.made += min(1, uint32(max(0, int32(r.Strokes-before.Strokes))))`),
		u.off("strokes-unseen", "P8", `if !c.run.on && before != nil && (!on || !c.have)`, `if false && (!on || !c.have)`),
		u.off("strokes-of-the-same-boot", "P8", `c.know(c.penUp(), c.last)
	}`, `}`),
		u.off("run-ends-with-the-pen", "P8", `func (c *Cold) part(now protocol.Instant, at protocol.At) {
	c.rest(now, at)`, `func (c *Cold) part(now protocol.Instant, at protocol.At) {`),
		c.off("run-after-a-crash", "P8", `e := t.run.rested()`, `e := MotorRested{}`),
		c.off("strokes-after-a-crash", "P7 P8", `e.Did = t.track.Take()`, `e.Did, e.Strokes = t.track.Take(), e.Strokes+30`),
		tr.off("exceedance-found-late", "P8", `Late: p.late(moved, &v)}}, nil`, `}}, nil`),
		tr.off("late-without-later-override", "P3 P8", `then.Override = nil // it was`, `// it was`),

		// The pen's events.
		e.off("events-once", "§7.7", `case e.ID <= c.heard[boot]:`, `case false:`),
		e.off("events-of-this-session", "§7.7 P8", `case !c.open() || c.proc.Foreign || c.before(e):`, `case !c.open() || c.proc.Foreign:`),
		e.off("events-on-disk", "§7.7 P7", `c.acting = acting{e.ID, c.conn, c.chain.Session, c.chain.Seq}`, `c.ackEvent(e.ID)`),

		// Trips across sessions, and the signature.
		q.off("trip-of-before", "P6", `if c.trip != nil { // of before`, `if false { // of before`),
		pa.off("signature-names-the-record", "P8", `s.Seq, s.Head = chain.Seq, chain.Head`, `s.Seq = chain.Seq`),
		n.off("simulated-mark", "P10", `Simulated: id.Caps.Has(protocol.CapSimulated), `, ``),
	}
}
