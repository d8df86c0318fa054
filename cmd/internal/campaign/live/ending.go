package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"penlog/cmd/internal/campaign"
	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
	"penlog/store"
)

// enough ends the script: the hand stops the pen and rests, and the agent hears the
// last of it.
func (p *player) enough(now protocol.Instant) {
	p.phase, p.since = settling, now
	p.still(now)
	p.res.Counts.Virtual = now.Sub(p.begin)
}

// still stops the pen and lets the hand rest.
func (p *player) still(now protocol.Instant) {
	p.holder.Rest()
	if p.pen.Driven() {
		p.rig.Press(now)
	}
}

// settle waits until the agent has heard and written all that the pen has said, and
// no longer than it may take.
func (p *player) settle(now protocol.Instant) {
	if now < p.since.Add(settleMost) {
		quiet := p.seenAt >= p.since.Add(settled) && p.pen.AtRest() && p.unanswered == 0
		if !quiet || p.view.MotorOn || p.made() != p.pen.Strokes() || p.view.Committed < uint64(p.view.Events) {
			return
		}
	}
	t := p.pen.Truth()
	c := &p.res.Counts
	c.Runs, c.Strokes, c.Starts, c.Episodes = 1, t.Strokes, t.Starts, t.Episodes
	p.hear.upTo(p.end)
	if sum := p.made(); sum != t.Strokes {
		p.last.Strokes = fmt.Sprintf("the record has %d strokes, the pen made %d", sum, t.Strokes)
	}
	if v := &p.view; v.Committed < uint64(v.Events) {
		p.last.Record = fmt.Sprintf("%d of %d entries are on the disk", v.Committed, v.Events)
	}
	p.last.Exposure = p.witness.Exposure()
	p.leave(now)
}

// leave begins to end what is open. Commands that were not given yet never are.
func (p *player) leave(now protocol.Instant) {
	if p.phase >= closing {
		return
	}
	if p.phase == waiting {
		p.quit()
		return
	}
	p.phase, p.since = closing, now
	p.still(now)
	p.rig.ClearAll(now)
	p.rig.Do(now, sim.Act{Do: sim.DoContact})
	p.rig.Do(now, sim.Act{Do: sim.DoDial, Depth: protocol.Micrometres(p.pen.Identity().DepthMin)})
	for {
		select {
		case <-p.asks:
			p.unanswered--
			continue
		default:
		}
		break
	}
}

// close ends the session that is open, and then the run. A stop is acknowledged
// first: the guard does not forget one with the session, and the next script would
// begin with it.
func (p *player) close(now protocol.Instant) {
	switch {
	case now >= p.since.Add(closeMost):
		p.quit()
	case now < p.since.Add(stopMost) && (p.view.MotorOn || !p.pen.AtRest()): // the agent is to hear of it
	case p.unanswered > 0:
	case !p.view.Open || p.aborted:
		p.quit()
	case p.view.State == session.Tripped && now < p.again: // not at once again
	case p.view.State == session.Tripped && now < p.since.Add(acknowledgeMost):
		p.again = now.Add(again)
		p.ask(session.Command{Do: session.CmdAcknowledge}, now)
	default:
		p.aborted = true
		p.ask(session.Command{Do: session.CmdAbort}, now)
	}
}

func (p *player) quit() {
	p.phase = over
	p.stop()
}

// finish closes the result, when the run has ended.
func (p *player) finish(ctx context.Context) campaign.Result {
	if p.last.Record == "" {
		p.last.Record = p.room.record(ctx, p.sessions, &p.view)
	}
	p.res.Checks = p.hear.exam.Finish(p.end, p.last, p.steps.Begun())
	return p.res
}

// record says why the record of these sessions is not whole, or why that can't be
// told; empty when it is. v is what the agent showed last.
func (r *Room) record(ctx context.Context, sessions []session.ID, v *session.View) string {
	if len(sessions) == 0 {
		return "there is none"
	}
	status, b, err := r.get(ctx, "/readyz")
	if err != nil {
		return err.Error()
	}
	if status != http.StatusOK {
		var not struct {
			Why string `json:"why"`
		}
		_ = json.Unmarshal(b, &not) // without words it is the status that tells
		return fmt.Sprintf("the agent is not ready (status %d): %s", status, not.Why)
	}
	if r.cfg.Dir == "" {
		return "its chain and seal can't be told through the API: name the agent with --ready-file, which says where the record is"
	}
	reader, err := store.OpenReader(ctx, r.cfg.Dir)
	if err != nil {
		return "it can't be read: " + err.Error()
	}
	defer reader.Close()
	for _, id := range sessions {
		if why := whole(ctx, reader, id, v); why != "" {
			return why
		}
	}
	return ""
}

// whole holds the chains of a session against its seal, and its fold against what the
// agent shows of it.
func whole(ctx context.Context, reader *store.Reader, id session.ID, v *session.View) string {
	verified, err := reader.Verify(ctx, id)
	if err != nil {
		return err.Error()
	}
	records, err := reader.Records(ctx, id)
	if err != nil {
		return "it can't be read: " + err.Error()
	}
	fold := session.NewProcedure(id)
	signal := verified.Heads[0].Signal
	for i := range records {
		e, _, err := session.DecodeEvent(&records[i])
		if err != nil {
			return fmt.Sprintf("record %d can't be read: %v", records[i].Seq, err)
		}
		fold.Apply(e, records[i].At)
		if end, ok := e.(session.Ended); ok && (end.SignalSeq != signal.Seq || end.SignalHead != signal.Head) {
			return fmt.Sprintf("the seal names %d chunks, there are %d", end.SignalSeq, signal.Seq)
		}
	}
	if v.Session != id {
		return ""
	}
	if fold.State != v.State || fold.Events != v.Events || v.State.Over() && fold.Totals.Strokes != v.Strokes {
		return fmt.Sprintf("the journal folds to %v with %d entries and %d strokes, and the agent shows %v, %d and %d",
			fold.State, fold.Events, fold.Totals.Strokes, v.State, v.Events, v.Strokes)
	}
	return ""
}
