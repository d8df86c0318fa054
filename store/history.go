package store

import (
	"context"
	"database/sql"
	"errors"

	"penlog/session"
)

// The expressions of the indices, letter for letter: see 0002_history.sql.
const (
	useKey  = `iif(json_valid(CAST(body AS TEXT)), json_extract(CAST(body AS TEXT), '$.event.use_key'), NULL)`
	patient = `iif(json_valid(CAST(body AS TEXT)), json_extract(CAST(body AS TEXT), '$.event.patient'), NULL)`

	cartridgeUse = `SELECT session FROM event WHERE kind = 'cartridge_in' AND ` + useKey + ` = ?1 ORDER BY n LIMIT 1`
	sessionsOf   = `SELECT session, max(n) AS newest FROM event
		WHERE kind IN ('opened', 'patient_reassigned') AND ` + patient + ` = ?1
		GROUP BY session ORDER BY newest DESC LIMIT ?2`
)

// CartridgeUse returns the first session into which a cartridge with that use
// key went, and false when the record holds none.
func (r *Reader) CartridgeUse(ctx context.Context, key string) (session.ID, bool, error) {
	var id session.ID
	var b []byte
	switch err := r.db.QueryRowContext(ctx, cartridgeUse, key).Scan(&b); {
	case errors.Is(err, sql.ErrNoRows):
		return id, false, nil
	case err != nil:
		return id, false, readError(r.path, err)
	}
	exactly(id[:], b)
	return id, true, nil
}

// SessionsOf returns the sessions in which that patient's id was ever named, the
// newest first, at most most of them. Whose a session is in the end, its own
// events say.
func (r *Reader) SessionsOf(ctx context.Context, id string, most int) ([]session.ID, error) {
	rows, err := r.db.QueryContext(ctx, sessionsOf, id, most)
	if err != nil {
		return nil, readError(r.path, err)
	}
	defer rows.Close()
	var ids []session.ID
	for rows.Next() {
		var b []byte
		var n int64
		if err := rows.Scan(&b, &n); err != nil {
			return ids, readError(r.path, err)
		}
		var id session.ID
		exactly(id[:], b)
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return ids, readError(r.path, err)
	}
	return ids, nil
}
