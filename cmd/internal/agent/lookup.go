package agent

import (
	"context"
	"errors"
	"fmt"

	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/limits"
	"penlog/store"
)

// historyMost is how many of a patient's sessions are looked at.
const historyMost = 50

// lent is the record of a session that is over, for a command that adds to it.
type lent struct {
	proc  *session.Procedure
	chain session.Chain
}

// lookUp gives a command what the record says of what came before. It reads the
// disk, on the goroutine of whoever asks.
func (a *Agent) lookUp(ctx context.Context, cmd *session.Command) (l *lent, err error) {
	cmd.History = nil
	if spec, ok := cmd.Do.Spec(); ok && spec.Open {
		return nil, nil // to stop waits for no disk
	}
	switch cmd.Do {
	case session.CmdOpen, session.CmdReassign:
		if cmd.Patient != "" {
			cmd.History, err = a.history(ctx, cmd.Patient)
		}
	case session.CmdCartridge:
		cmd.History, err = a.used(ctx, cmd.Cartridge)
	}
	// What needs no sign-in follows no end: for it nothing is read, whoever asks.
	spec, _ := cmd.Do.Spec()
	if err == nil && !spec.Open && cmd.Session != nil && *cmd.Session != a.View().Session {
		l, err = a.lend(ctx, *cmd.Session)
	}
	return l, err
}

// used says which session used a cartridge. What is wrong with the scan the
// session will say.
func (a *Agent) used(ctx context.Context, g *session.CartridgeGiven) (*session.History, error) {
	if g == nil || g.Scan == "" {
		return nil, nil
	}
	scan, err := cartridge.Parse(g.Scan, cartridge.DateIn(wall(), a.cfg.Zone))
	if err != nil {
		return nil, nil
	}
	key, _ := scan.Use(g.Index)
	if key == "" {
		return nil, nil
	}
	id, ok, err := a.store.CartridgeUse(ctx, key)
	if err != nil || !ok {
		return nil, err
	}
	return &session.History{UsedIn: &id}, nil
}

// history is what this room knows of a patient. Sessions with simulated pens are
// no patient's, except to another such.
func (a *Agent) history(ctx context.Context, patient string) (*session.History, error) {
	h := &session.History{Scope: "this room only"}
	ids, err := a.store.SessionsOf(ctx, patient, historyMost)
	if err != nil {
		return nil, err
	}
	simulated := a.View().Simulated
	type key struct {
		zone limits.Zone
		side limits.Side
	}
	seen := map[key]bool{}
	for _, id := range ids { // the newest first
		p, _, err := a.fold(ctx, id)
		if errors.Is(err, session.ErrChain) {
			continue // an altered record is not believed
		}
		if err != nil {
			return nil, err
		}
		if p.PatientID != patient || p.Source == session.SourceSimulator && !simulated || p.Totals.Strokes == 0 && p.Accepted != session.ModeManual {
			continue
		}
		h.Sessions++
		for _, z := range p.Totals.Zones {
			k := key{z.Zone, z.Side}
			if z.Strokes == 0 && z.Passes.Entered == 0 && z.Seconds == 0 || seen[k] {
				continue
			}
			seen[k] = true
			h.Treated = append(h.Treated, session.Treated{Zone: z.Zone, Side: z.Side, At: p.OpenedAt, Session: id})
		}
	}
	return h, nil
}

// lend reads a session that is over.
func (a *Agent) lend(ctx context.Context, id session.ID) (*lent, error) {
	p, chain, err := a.fold(ctx, id)
	switch {
	case errors.Is(err, store.ErrNoSession):
		return nil, &session.RefusedError{Code: "no_session", Words: fmt.Sprintf("there is no session %v", id), Remedy: "look it up in the list of sessions"}
	case errors.Is(err, session.ErrChain):
		return nil, &session.RefusedError{Code: "altered", Words: err.Error(), Remedy: "nothing can be added to a record that was altered"}
	case err != nil:
		return nil, err
	case !p.State.Over():
		return nil, &session.RefusedError{Code: "not_over", Words: fmt.Sprintf("session %v was never closed", id), Remedy: "it stays as it is"}
	}
	return &lent{p, chain}, nil
}

// fold reads a session's record and gives its procedure and the record's end.
func (a *Agent) fold(ctx context.Context, id session.ID) (*session.Procedure, session.Chain, error) {
	chain := session.Chain{Session: id}
	records, err := a.store.Records(ctx, id)
	if err != nil {
		return nil, chain, err
	}
	p := session.NewProcedure(id)
	for i := range records {
		e, _, err := session.DecodeEvent(&records[i])
		if err != nil {
			return nil, chain, err
		}
		p.Apply(e, records[i].At)
		chain.Seq, chain.Head = records[i].Seq, records[i].Hash
	}
	return p, chain, nil
}
