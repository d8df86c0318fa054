package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"penlog/protocol"
	"penlog/session"
)

// heads are the ends of a session's two chains.
type heads struct{ records, signal session.Chain }

// transaction is one write transaction and what the chains will be after it.
type transaction struct {
	w     *Writer
	ctx   context.Context
	tx    *sql.Tx
	fresh map[session.ID]heads // ahead of w.heads
}

// begin starts a transaction.
func (w *Writer) begin(ctx context.Context) (*transaction, error) {
	if w.statements == nil {
		s := &statements{}
		for _, p := range s.all() {
			var err error
			if *p.to, err = w.s.db.PrepareContext(ctx, p.sql); err != nil {
				s.close()
				return nil, err
			}
		}
		w.statements = s
	}
	tx, err := w.s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &transaction{w: w, ctx: ctx, tx: tx, fresh: map[session.ID]heads{}}, nil
}

// end rolls back unless the transaction was committed.
func (t *transaction) end() {
	if t.tx != nil {
		t.tx.Rollback()
	}
}

func (t *transaction) commit() error {
	if err := t.tx.Commit(); err != nil {
		return err
	}
	t.tx = nil
	if len(t.w.heads) > 64 {
		clear(t.w.heads) // a cache, no more
	}
	for id, h := range t.fresh {
		t.w.heads[id] = h
	}
	return nil
}

// add checks an entry of the queue against what is stored and writes it. It
// returns about how many bytes that took.
func (t *transaction) add(it *item) (size int64, err error) {
	if it.token != nil {
		_, err := t.tx.StmtContext(t.ctx, t.w.statements.test).ExecContext(t.ctx, int64(protocol.AtTime(time.Now())), it.token)
		return 0, err
	}
	if it.batch.Open != nil {
		if err := t.open(it.batch.Open); err != nil {
			return 0, err
		}
	}
	for i := range it.batch.Records {
		if err := t.record(&it.batch.Records[i]); err != nil {
			return 0, err
		}
		size += int64(len(it.batch.Records[i].Body))
	}
	if c := it.batch.Chunk; c != nil {
		if err := t.chunk(c); err != nil {
			return 0, err
		}
		size += int64(len(c.Body))
	}
	return size, nil
}

// open writes the session's row, or sees that it is there.
func (t *transaction) open(o *Opening) error {
	var at int64
	var simulated bool
	sum := o.sum()
	err := t.tx.StmtContext(t.ctx, t.w.statements.known).QueryRowContext(t.ctx, o.ID[:]).Scan(&at, &simulated)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = t.tx.StmtContext(t.ctx, t.w.statements.open).ExecContext(t.ctx, o.ID[:], int64(o.At), o.Simulated, sum[:])
	case err != nil:
	case at != int64(o.At):
		err = ErrConflict
	case o.Simulated && !simulated:
		_, err = t.tx.StmtContext(t.ctx, t.w.statements.mark).ExecContext(t.ctx, sum[:], o.ID[:])
	}
	return refused(err, RefusedError{Session: o.ID})
}

// record writes r if it is the next of its session.
func (t *transaction) record(r *session.Record) error {
	h, err := t.heads(r.Session)
	isNext := false
	if err == nil {
		isNext, err = t.place(r.Seq, h.records.Seq, r.Prev == h.records.Head, r.Sum() == r.Hash, r.Hash, t.w.statements.eventAt, r.Session)
	}
	if err == nil && isNext {
		_, err = t.tx.StmtContext(t.ctx, t.w.statements.event).ExecContext(t.ctx, r.Session[:], int64(r.Seq), int64(r.At), int64(r.Mono), r.Kind, notNil(r.Body), r.Prev[:], r.Hash[:])
		h.records.Seq, h.records.Head = r.Seq, r.Hash
		t.fresh[r.Session] = h
	}
	return refused(err, RefusedError{Session: r.Session, Seq: r.Seq})
}

// chunk writes c if it is the next of its session.
func (t *transaction) chunk(c *session.SignalChunk) error {
	h, err := t.heads(c.Session)
	isNext := false
	if err == nil {
		isNext, err = t.place(c.Seq, h.signal.Seq, c.Prev == h.signal.Head, c.Sum() == c.Hash, c.Hash, t.w.statements.signalAt, c.Session)
	}
	if err == nil && isNext {
		_, err = t.tx.StmtContext(t.ctx, t.w.statements.signal).ExecContext(t.ctx, c.Session[:], int64(c.Seq), int64(c.From), int64(c.To), int64(c.Count), int64(c.Lost), notNil(c.Body), c.Prev[:], c.Hash[:])
		h.signal.Seq, h.signal.Head = c.Seq, c.Hash
		t.fresh[c.Session] = h
	}
	return refused(err, RefusedError{Session: c.Session, Signal: true, Seq: c.Seq})
}

// place says whether number seq is the next behind last, or stored already
// with the same hash, or neither: an error.
func (t *transaction) place(seq, last uint64, follows, intact bool, hash session.Hash, stored *sql.Stmt, id session.ID) (next bool, err error) {
	switch {
	case !intact:
		return false, ErrAltered
	case seq == last+1 && follows:
		return true, nil
	}
	var b sql.RawBytes
	rows, err := t.tx.StmtContext(t.ctx, stored).QueryContext(t.ctx, id[:], int64(seq))
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if !rows.Next() {
		if rows.Err() != nil {
			return false, rows.Err()
		}
		return false, ErrGap
	}
	if err := rows.Scan(&b); err != nil {
		return false, err
	}
	if !bytes.Equal(b, hash[:]) {
		return false, ErrConflict
	}
	return false, nil
}

// heads returns the ends of the chains as of this transaction.
func (t *transaction) heads(id session.ID) (heads, error) {
	if h, ok := t.fresh[id]; ok {
		return h, nil
	}
	if h, ok := t.w.heads[id]; ok {
		return h, nil
	}
	h := heads{session.Chain{Session: id}, session.Chain{Session: id}}
	var at int64
	var simulated bool
	err := t.tx.StmtContext(t.ctx, t.w.statements.known).QueryRowContext(t.ctx, id[:]).Scan(&at, &simulated)
	if errors.Is(err, sql.ErrNoRows) {
		return h, ErrNoSession
	} else if err != nil {
		return h, err
	}
	for _, c := range []struct {
		q *sql.Stmt
		c *session.Chain
	}{{t.w.statements.lastEvent, &h.records}, {t.w.statements.lastSignal, &h.signal}} {
		if err := scanHead(t.tx.StmtContext(t.ctx, c.q).QueryRowContext(t.ctx, id[:]), c.c); err != nil {
			return h, err
		}
	}
	t.fresh[id] = h
	return h, nil
}

// scanHead reads number and hash of the last one, if there is any, into c.
func scanHead(row *sql.Row, c *session.Chain) error {
	var seq int64
	var hash []byte
	err := row.Scan(&seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return err
	}
	c.Seq = uint64(seq)
	exactly(c.Head[:], hash)
	return nil
}

// refused puts the place into an error that is the batch's own fault: one of
// ours, or a constraint of the schema. Other errors are the disk's.
func refused(err error, at RefusedError) error {
	const sqliteConstraint = 19 // Source: sqlite.org/rescode.html
	code, _, _, _ := sqliteCode(err)
	switch {
	case err == nil:
		return nil
	case code == sqliteConstraint, errors.Is(err, ErrConflict), errors.Is(err, ErrGap), errors.Is(err, ErrAltered), errors.Is(err, ErrNoSession):
		at.Err = err
		return &at
	}
	return err
}

// notNil keeps an empty body from becoming NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
