package agent

import (
	"context"
	"errors"
	"strings"
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
			a.takeNotes(&n)
		case seq := <-a.commits:
			a.cold.Committed(seq, a.now())
		case r := <-a.commands:
			a.takeNotes(nil) // what came before it is recorded before it: it may end the session
			a.command(r)
		case <-t.C:
		case <-ctx.Done():
			a.takeNotes(nil)
			a.flush()
			return
		}
		a.flush()
		if time.Since(viewAt) >= coldTick {
			viewAt = time.Now()
			a.cold.Reserve(a.writer.Ballast() == store.BallastHeld)
			a.tellWorld()
			v := a.look()
			a.counts.seen(v)
			a.watchers.show(v)
			a.stayAwake(v.Open)
		}
	}
}

// quietFor is how long an open port may be without a pen before people are told.
const quietFor = 3 * time.Second

// look makes the view that people see from now on.
func (a *Agent) look() *session.View {
	v := a.cold.View(a.now())
	port := a.keeper.Status()
	v.Host.Port, v.Host.PortOpen = port.Addr.String(), port.Open
	if a.cfg.NoPort {
		v.Host.Port = "none"
	}
	if port.Err != nil && !port.Open {
		// Errors of device end with what to do.
		v.Host.PortWhy = strings.TrimPrefix(port.Err.Error(), "device: ")
		if i := strings.LastIndex(v.Host.PortWhy, "; "); i > 0 {
			v.Host.PortWhy, v.Host.PortRemedy = v.Host.PortWhy[:i], v.Host.PortWhy[i+2:]
		}
	}
	v.Host.Quiet = port.Open && !v.PenUp && time.Since(port.Since) > quietFor
	v.Host.Aside = a.aside
	if why := a.awakeErr.Load(); why != nil {
		v.Host.SleepWhy = *why
	}
	a.view.Store(&v)
	return &v
}

// takeNotes takes in n, if there is one, and all that wait.
func (a *Agent) takeNotes(n *session.Note) {
	now, at := a.now(), wall()
	var next session.Note
	for {
		if n != nil {
			a.counts.note(n)
			a.cold.Note(n, now, at)
		}
		select {
		case next = <-a.notes:
			n = &next
		default:
			return
		}
	}
}

// tellWorld tells Cold what is known of the world around.
func (a *Agent) tellWorld() {
	w := session.World{}
	if p := a.world.Load(); p != nil {
		w = *p
	}
	w.Awake = a.awakeFact()
	a.cold.World(w)
}

func (a *Agent) command(r request) {
	if r.lent != nil {
		a.cold.Lend(r.lent.proc, r.lent.chain)
	}
	a.tellWorld()
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
			a.look()
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

// faultEvery is how often a fault that goes on is logged again.
const faultEvery = 30 * time.Second

// fault is called by the store's writer with each try that failed, some a second.
// A log that grows by each of them would fill the disk that is full.
func (a *Agent) fault(f store.Fault) {
	a.faults.n++
	if f.Kind == a.faults.kind && time.Since(a.faults.told) < faultEvery {
		return
	}
	a.log.Error("the record could not be written", "op", f.Op, "kind", f.Kind.String(), "err", f.Err, "act", f.Kind.Act(), "tries", a.faults.n)
	a.faults.kind, a.faults.told, a.faults.n = f.Kind, time.Now(), 0
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
