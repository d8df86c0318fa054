package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"penlog/protocol"
	"penlog/session"
)

// Reader reads a record. Nothing it does changes the file, and no reader holds
// the writer up. It is safe for concurrent use.
type Reader struct {
	path string
	db   *sql.DB
}

// OpenReader opens the record in dir for reading, whether an agent runs or not.
// Errors to branch on: [ErrNoDatabase], [ErrNotPenlog], [ErrNewer],
// [ErrOlder], [ErrDamaged].
func OpenReader(ctx context.Context, dir string) (*Reader, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("store: data folder: %w", err)
	}
	steps, err := migrations(migrationFiles)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, FileName)
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("store: %w in %s: name the agent's data folder, or start the agent once", ErrNoDatabase, dir)
	case err != nil:
		return nil, fmt.Errorf("store: data folder %s can't be read: %w", dir, err)
	case fi.Size() == 0:
		return nil, &DamagedError{Path: path, Why: "the file is empty"}
	}
	r, err := openReader(ctx, path, len(steps))
	if k := kindOf(err); err != nil && (k == ReadOnly || k == IO) && size(path+"-wal") == 0 && size(path+"-journal") == 0 {
		// No right to make the WAL's index, and no log of either sort: closed
		// cleanly, on a disk where nothing can be written.
		if _, serr := os.Stat(path + "-shm"); errors.Is(serr, fs.ErrNotExist) {
			return openFrozen(ctx, path, len(steps))
		}
	}
	return r, err
}

func openReader(ctx context.Context, path string, known int) (*Reader, error) {
	db := probing.open(path) // someone else's database need not be in WAL mode
	err := checkHeader(ctx, db, path, known)
	db.Close()
	if err != nil {
		return nil, err
	}
	r := &Reader{path: path, db: reading.open(path)}
	r.limit()
	if err := r.db.PingContext(ctx); err != nil {
		r.Close()
		return nil, readError(path, err)
	}
	return r, nil
}

func openFrozen(ctx context.Context, path string, known int) (*Reader, error) {
	r := &Reader{path: path, db: frozen.open(path)}
	r.limit()
	if err := checkHeader(ctx, r.db, path, known); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func checkHeader(ctx context.Context, db *sql.DB, path string, known int) error {
	h, err := readHeader(ctx, db)
	switch {
	case err != nil:
		return readError(path, err)
	case h.application != applicationID:
		return notPenlog(path)
	case h.version != known:
		return &VersionError{Path: path, Version: h.version, Known: known}
	}
	return nil
}

// readError words SQLite's refusal to read.
func readError(path string, err error) error {
	switch k := kindOf(err); {
	case k == Damaged:
		return &DamagedError{Path: path, Why: "SQLite can't read it", Err: err}
	case k == ReadOnly && size(path+"-journal") > 0:
		return fmt.Errorf("store: %s holds a change that was cut off: start the agent once, it puts that right: %w", path, err)
	case (k == ReadOnly || k == IO) && size(path+"-wal") > 0:
		return fmt.Errorf("store: %s can't be read where nothing may be written, its last entries are still in %s-wal: copy the folder to a disk that can be written and read it there: %w", path, FileName, err)
	}
	return fmt.Errorf("store: read %s: %w", path, err)
}

// limit bounds the pool: memory, and descriptors.
func (r *Reader) limit() {
	r.db.SetMaxOpenConns(4)
	r.db.SetMaxIdleConns(1)
}

// Close ends all reading.
func (r *Reader) Close() error { return r.db.Close() }

// Cursor is a place in the list of sessions. The zero Cursor is its top.
type Cursor int64

// Info is one line of the list of sessions. Records and all after it is derived
// from the journal and the signal when it is read.
type Info struct {
	ID         session.ID
	OpenedAt   protocol.At
	Simulated  bool
	Altered    bool        // the fields above don't match their checksum: trust none, see Verify
	Records    uint64      // number of the last record
	LastKind   string      // of the last record; "": there is none
	LastAt     protocol.At // of the last record
	Chunks     uint64      // number of the last chunk of signal
	SignalFrom protocol.At // start of the first chunk; 0: no signal
	SignalTo   protocol.At // end of the last one
	Cursor     Cursor      // list on from behind this one
}

const infoSelect = `SELECT s.n, s.id, s.opened_at_us, s.simulated, s.sum,
  coalesce(e.seq, 0), coalesce(e.kind, ''), coalesce(e.at_us, 0),
  coalesce(g.seq, 0), coalesce((SELECT from_us FROM signal WHERE session = s.id AND seq = 1), 0), coalesce(g.to_us, 0)
FROM session s
LEFT JOIN event e ON e.session = s.id AND e.seq = (SELECT max(seq) FROM event WHERE session = s.id)
LEFT JOIN signal g ON g.session = s.id AND g.seq = (SELECT max(seq) FROM signal WHERE session = s.id) `

// Sessions lists at most limit sessions, the one opened last first, from
// behind the session whose Cursor is given. Fewer than limit: there are no more.
func (r *Reader) Sessions(ctx context.Context, behind Cursor, limit int) ([]Info, error) {
	if behind == 0 {
		behind = Cursor(1<<63 - 1)
	}
	return r.infos(ctx, infoSelect+`WHERE s.n < ? ORDER BY s.n DESC LIMIT ?`, int64(behind), limit)
}

// Session returns the line of one session, or [ErrNoSession].
func (r *Reader) Session(ctx context.Context, id session.ID) (Info, error) {
	infos, err := r.infos(ctx, infoSelect+`WHERE s.id = ?`, id[:])
	if err != nil {
		return Info{}, err
	}
	if len(infos) == 0 {
		return Info{}, fmt.Errorf("store: %w: %v", ErrNoSession, id)
	}
	return infos[0], nil
}

// Unfinished lists, oldest first, the sessions whose journal holds no record
// of a kind in closing: those that an agent which starts must take up again,
// paused. What follows the closing record (signatures, corrections) does not
// open a session again.
func (r *Reader) Unfinished(ctx context.Context, closing ...string) ([]Info, error) {
	args := make([]any, len(closing))
	for i, k := range closing {
		args[i] = k
	}
	// From the end of each journal backwards: a finished one shows it within a
	// few records.
	return r.infos(ctx, infoSelect+`WHERE (SELECT 1 FROM event WHERE session = s.id AND kind IN (`+
		strings.TrimSuffix(strings.Repeat("?,", len(closing)), ",")+`) ORDER BY seq DESC LIMIT 1) IS NULL ORDER BY s.n`, args...)
}

func (r *Reader) infos(ctx context.Context, query string, args ...any) ([]Info, error) {
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, readError(r.path, err)
	}
	defer rows.Close()
	var out []Info
	for rows.Next() {
		var in Info
		var id, sum sql.RawBytes
		if err := rows.Scan(&in.Cursor, &id, &in.OpenedAt, &in.Simulated, &sum, &in.Records, &in.LastKind, &in.LastAt, &in.Chunks, &in.SignalFrom, &in.SignalTo); err != nil {
			return nil, readError(r.path, err)
		}
		copy(in.ID[:], id)
		want := (&Opening{ID: in.ID, At: in.OpenedAt, Simulated: in.Simulated}).sum()
		in.Altered = !bytes.Equal(sum, want[:])
		out = append(out, in)
	}
	if err := rows.Err(); err != nil {
		return nil, readError(r.path, err)
	}
	return out, nil
}

// Heads returns the ends of both chains of a session, for who goes on with it,
// or [ErrNoSession].
func (r *Reader) Heads(ctx context.Context, id session.ID) (records, signal session.Chain, err error) {
	records.Session, signal.Session = id, id
	tx, err := r.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one moment for both
	if err != nil {
		return records, signal, readError(r.path, err)
	}
	defer tx.Rollback()
	var one int
	err = tx.QueryRowContext(ctx, `SELECT 1 FROM session WHERE id = ?`, id[:]).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return records, signal, fmt.Errorf("store: %w: %v", ErrNoSession, id)
	}
	if err == nil {
		err = scanHead(tx.QueryRowContext(ctx, `SELECT seq, hash FROM event WHERE session = ? ORDER BY seq DESC LIMIT 1`, id[:]), &records)
	}
	if err == nil {
		err = scanHead(tx.QueryRowContext(ctx, `SELECT seq, hash FROM signal WHERE session = ? ORDER BY seq DESC LIMIT 1`, id[:]), &signal)
	}
	if err != nil {
		return records, signal, readError(r.path, err)
	}
	return records, signal, nil
}
