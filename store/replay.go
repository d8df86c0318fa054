package store

import (
	"context"
	"database/sql"
	"iter"

	"penlog/session"
)

// How many rows one query reads. Between queries no snapshot is held, so a
// slow consumer does not keep the WAL from being emptied; what was written
// once stays the same anyway.
const (
	recordsAtOnce = 256
	chunksAtOnce  = 16
)

// Records returns a session's whole journal, checked link by link. With a
// *[session.ChainError] it returns the records before the bad one. A session
// that is unknown is [ErrNoSession].
func (r *Reader) Records(ctx context.Context, id session.ID) ([]session.Record, error) {
	in, err := r.Session(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make([]session.Record, 0, in.Records)
	for rec, err := range r.RecordsAfter(ctx, session.Chain{Session: id}) {
		if err != nil {
			return out, err
		}
		out = append(out, rec)
	}
	return out, nil
}

// RecordsAfter yields the records behind the end of c, checked link by link,
// as far as they are committed when it gets there. The first error ends it. A
// record's memory is the caller's.
func (r *Reader) RecordsAfter(ctx context.Context, c session.Chain) iter.Seq2[session.Record, error] {
	const query = `SELECT session, seq, at_us, mono_us, kind, body, prev, hash FROM event
		WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?`
	return func(yield func(session.Record, error) bool) {
		pages(ctx, r, query, &c, recordsAtOnce, scanRecord, c.Check, yield)
	}
}

// Chunks yields a session's signal from its beginning, checked link by link.
func (r *Reader) Chunks(ctx context.Context, id session.ID) iter.Seq2[session.SignalChunk, error] {
	return r.ChunksAfter(ctx, session.Chain{Session: id})
}

// ChunksAfter yields the chunks behind the end of c, checked link by link, as
// far as they are committed when it gets there. The first error ends it. A
// chunk's memory is the caller's.
func (r *Reader) ChunksAfter(ctx context.Context, c session.Chain) iter.Seq2[session.SignalChunk, error] {
	const query = `SELECT session, seq, from_us, to_us, count, lost, body, prev, hash FROM signal
		WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?`
	return func(yield func(session.SignalChunk, error) bool) {
		pages(ctx, r, query, &c, chunksAtOnce, scanChunk, c.CheckChunk, yield)
	}
}

func scanRecord(rows *sql.Rows, rec *session.Record) error {
	var id, prev, hash sql.RawBytes
	var seq int64
	// Pointers to int64: database/sql converts other types by way of text.
	err := rows.Scan(&id, &seq, (*int64)(&rec.At), (*int64)(&rec.Mono), &rec.Kind, &rec.Body, &prev, &hash)
	rec.Seq = uint64(seq)
	exactly(rec.Session[:], id)
	exactly(rec.Prev[:], prev)
	exactly(rec.Hash[:], hash)
	return err
}

func scanChunk(rows *sql.Rows, c *session.SignalChunk) error {
	var id, prev, hash sql.RawBytes
	var seq, count, lost int64
	err := rows.Scan(&id, &seq, (*int64)(&c.From), (*int64)(&c.To), &count, &lost, &c.Body, &prev, &hash)
	c.Seq, c.Count, c.Lost = uint64(seq), uint32(count), uint32(lost)
	exactly(c.Session[:], id)
	exactly(c.Prev[:], prev)
	if exactly(c.Hash[:], hash); int64(c.Count) != count || int64(c.Lost) != lost {
		c.Hash = session.Hash{} // what doesn't fit was never written: let the check find it
	}
	return err
}

// exactly copies src if it fits, and otherwise clears dst, so that a value
// made longer behind our back does not pass for the one it begins with.
func exactly(dst, src []byte) {
	clear(dst)
	if len(src) == len(dst) {
		copy(dst, src)
	}
}

// pages runs query again and again from the chain's end and yields each row
// that check lets pass; check moves the chain on.
func pages[T any](ctx context.Context, r *Reader, query string, c *session.Chain, limit int,
	scan func(*sql.Rows, *T) error, check func(*T) error, yield func(T, error) bool) {
	var none T
	for {
		page, err := onePage(ctx, r, query, c, limit, scan)
		for i := range page {
			if err := check(&page[i]); err != nil {
				yield(none, err)
				return
			}
			if !yield(page[i], nil) {
				return
			}
		}
		if err != nil {
			yield(none, readError(r.path, err))
			return
		}
		if len(page) < limit {
			return
		}
	}
}

func onePage[T any](ctx context.Context, r *Reader, query string, c *session.Chain, limit int, scan func(*sql.Rows, *T) error) ([]T, error) {
	rows, err := r.db.QueryContext(ctx, query, c.Session[:], int64(c.Seq), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var page []T
	for rows.Next() {
		var v T
		if err := scan(rows, &v); err != nil {
			return page, err
		}
		page = append(page, v)
	}
	return page, rows.Err()
}
