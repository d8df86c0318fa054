package store

import (
	"context"
	"fmt"

	"penlog/session"
)

// Verified says what a check went through and found whole. Heads are the ends
// of the chains: whoever holds one from elsewhere (a closing record, a printed
// chart) compares it, since a chain alone can't show that its end was cut off.
type Verified struct {
	Sessions int
	Records  uint64
	Chunks   uint64
	Heads    []Heads // in the order of opening
}

// Heads are the ends of one session's two chains.
type Heads struct{ Records, Signal session.Chain }

// Verify checks both chains of one session, every byte of it. The error names
// the first bad place: a *[session.ChainError], or a [DamagedError] where the
// file itself can't be read.
func (r *Reader) Verify(ctx context.Context, id session.ID) (Verified, error) {
	var v Verified
	err := r.verify(ctx, id, &v)
	return v, err
}

func (r *Reader) verify(ctx context.Context, id session.ID, v *Verified) error {
	if in, err := r.Session(ctx, id); err != nil {
		return err
	} else if in.Altered {
		return &session.ChainError{Session: id, Problem: "the session's row was changed"}
	}
	h := Heads{session.Chain{Session: id}, session.Chain{Session: id}}
	for rec, err := range r.RecordsAfter(ctx, h.Records) {
		if err != nil {
			return err
		}
		h.Records.Seq, h.Records.Head = rec.Seq, rec.Hash
		v.Records++
	}
	for c, err := range r.Chunks(ctx, id) {
		if err != nil {
			return err
		}
		h.Signal.Seq, h.Signal.Head = c.Seq, c.Hash
		v.Chunks++
	}
	v.Sessions++
	v.Heads = append(v.Heads, h)
	return nil
}

// VerifyAll checks the file's structure, its references, and both chains of
// every session. It stops at the first bad place and names it; what was whole
// until there is returned with the error.
func (r *Reader) VerifyAll(ctx context.Context) (Verified, error) {
	var v Verified
	if err := r.structure(ctx); err != nil {
		return v, err
	}
	rows, err := r.db.QueryContext(ctx, `SELECT id FROM session ORDER BY n`)
	if err != nil {
		return v, readError(r.path, err)
	}
	defer rows.Close()
	var ids []session.ID
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return v, readError(r.path, err)
		}
		var id session.ID
		copy(id[:], b)
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return v, readError(r.path, err)
	}
	for _, id := range ids {
		if err := r.verify(ctx, id, &v); err != nil {
			return v, err
		}
	}
	return v, nil
}

// structure has SQLite check its own pages, indices and constraints, and that
// no record belongs to a session that is not there.
func (r *Reader) structure(ctx context.Context) error {
	var first string
	if err := r.db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&first); err != nil {
		return readError(r.path, err)
	}
	if first != "ok" {
		return &DamagedError{Path: r.path, Why: first}
	}
	rows, err := r.db.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return readError(r.path, err)
	}
	defer rows.Close()
	if rows.Next() {
		var table, parent string
		var row, fk any
		if err := rows.Scan(&table, &row, &parent, &fk); err != nil {
			return readError(r.path, err)
		}
		return &DamagedError{Path: r.path, Why: fmt.Sprintf("row %v of %s belongs to a session that is not there", row, table)}
	}
	return rows.Err()
}
