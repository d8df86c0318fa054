package agent

import (
	"context"
	"errors"
	"time"

	"penlog/session"
	"penlog/store"
)

// runCold drives Cold until ctx ends, then takes in what is left of the notes.
func (a *Agent) runCold(ctx context.Context) {
	defer close(a.done)
	t := time.NewTicker(coldTick)
	defer t.Stop()
	var viewAt time.Time
	for {
		select {
		case n := <-a.notes:
			a.takeNotes(n)
		case seq := <-a.commits:
			a.cold.Committed(seq, a.now())
		case r := <-a.commands:
			a.command(r)
		case <-t.C:
		case <-ctx.Done():
			for {
				select {
				case n := <-a.notes:
					a.takeNotes(n)
					continue
				default:
				}
				break
			}
			a.flush()
			return
		}
		a.flush()
		if time.Since(viewAt) >= coldTick {
			viewAt = time.Now()
			v := a.cold.View(a.now())
			a.view.Store(&v)
			a.counts.seen(&v)
			a.watchers.show(&v)
			a.stayAwake(v.State.MayPermit())
		}
	}
}

// takeNotes takes n and all that wait behind it in.
func (a *Agent) takeNotes(n session.Note) {
	now, at := a.now(), wall()
	for {
		a.counts.note(&n)
		a.cold.Note(&n, now, at)
		select {
		case n = <-a.notes:
		default:
			return
		}
	}
}

func (a *Agent) command(r request) {
	a.waiting[a.cold.Command(r.cmd, a.now(), wall())] = r.answer
}

// flush moves what Cold has to tell to where it goes.
func (a *Agent) flush() {
	a.cold.Tick(a.now(), wall())
	var b session.Batch
	for a.cold.Batch(&b) {
		a.submit(b)
	}
	for len(a.orders) < ordersCap {
		var o session.Order
		if !a.cold.Order(&o) {
			break
		}
		a.orders <- o // only this goroutine sends: there is room
	}
	var ans session.Answer
	for shown := false; a.cold.Answer(&ans); shown = true {
		if !shown { // who was answered and then looks must not see what was before
			v := a.cold.View(a.now())
			a.view.Store(&v)
		}
		if ch, ok := a.waiting[ans.Ticket]; ok {
			delete(a.waiting, ans.Ticket)
			ch <- ans
		}
	}
	if events := a.cold.Events(); len(events) > 0 {
		a.counts.events(events)
		a.watchers.tell(events)
	}
}

// submit hands a batch to the writer. Cold keeps no more in flight than the
// writer's queue holds, so a refusal means that the writer has stopped.
func (a *Agent) submit(b session.Batch) {
	sb := store.Batch{Records: b.Records, Chunk: b.Chunk}
	if a.opened != b.Session || a.marked != b.Source {
		var first store.Opening
		if len(b.Records) > 0 && b.Records[0].Seq == 1 {
			first = store.Opening{ID: b.Session, At: b.Records[0].At}
		} else if p := a.cold.Procedure(); p != nil && p.ID == b.Session {
			first = store.Opening{ID: b.Session, At: p.OpenedAt}
		}
		first.Simulated = b.Source == session.SourceSimulator
		if first.ID == b.Session {
			sb.Open = &first
			a.opened, a.marked = b.Session, b.Source
		}
	}
	a.counts.inFlight.Store(b.Seq)
	if err := a.writer.Submit(sb); err != nil && !errors.Is(err, store.ErrStopped) {
		a.log.Error("the record's queue refused a batch", "err", err)
	}
}

// committed is called by the store's writer, in the order of Submit.
func (a *Agent) committed(c store.Committed) {
	a.counts.commit(c)
	a.commits <- a.counts.batch.Add(1)
}

func (a *Agent) fault(f store.Fault) {
	a.log.Error("the record could not be written", "op", f.Op, "kind", f.Kind.String(), "err", f.Err, "act", f.Kind.Act())
}

// drainCommits answers those whose commit came with the end.
func (a *Agent) drainCommits() {
	for {
		select {
		case seq := <-a.commits:
			a.cold.Committed(seq, a.now())
		default:
			var ans session.Answer
			for a.cold.Answer(&ans) {
				if ch, ok := a.waiting[ans.Ticket]; ok {
					delete(a.waiting, ans.Ticket)
					ch <- ans
				}
			}
			return
		}
	}
}
