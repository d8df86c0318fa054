package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// FileName is the database's name inside the data folder.
const FileName = "penlog.db"

// Options configure a [Store]. The zero value is what a clinic runs.
type Options struct {
	// BallastBytes is the size of the reserve kept for a full disk.
	// 0: 4 MiB.
	BallastBytes int64

	migrations fs.FS // nil: the embedded ones
}

// DefaultBallast is the size of the reserve unless [Options] say otherwise.
// A second of signal with its transaction is under 64 KiB, so it carries a
// trip, its acknowledgement and a minute of signal, also into the checkpoint.
const DefaultBallast = 4 << 20

// Store is an open data folder. Its [Reader] reads while the writer writes.
type Store struct {
	*Reader
	dir     string
	lock    *os.File
	db      *sql.DB // the one writing connection; only the Writer uses it after Open
	file    os.FileInfo
	ballast *ballast

	mu     sync.Mutex // guards writer
	writer *Writer
}

// Open takes the data folder dir for this process and opens the database in
// it. A missing folder is created (0700), its parent is not: a mistyped path
// or an unplugged disk must not become a second, empty record. A missing
// database is created whole or not at all; an older one is backed up and
// brought up to date. Whatever can't be opened is left exactly as it is.
//
// Errors to branch on: [ErrInUse], [ErrNotPenlog], [ErrNewer], [ErrDamaged],
// [fs.ErrNotExist], [fs.ErrPermission]; all say what to do. ctx covers the
// looking; a migration that has begun is finished.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	if o.BallastBytes == 0 {
		o.BallastBytes = DefaultBallast
	}
	if o.migrations == nil {
		o.migrations = migrationFiles
	}
	steps, err := migrations(o.migrations)
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("store: data folder: %w", err)
	}
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir)
	if errors.Is(err, ErrInUse) {
		return nil, err
	} else if err != nil {
		return nil, folderError(dir, err)
	}
	s := &Store{dir: dir, lock: lock}
	if err := s.open(ctx, steps, o); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// makeFolder sees to it that dir is a folder.
func makeFolder(dir string) error {
	if err := os.Mkdir(dir, 0o700); err == nil {
		return syncDir(filepath.Dir(dir))
	} else if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: data folder %s can't be made, the folder it should lie in is missing: correct the path, or connect the disk: %w", dir, err)
	} else if fi, serr := os.Stat(dir); serr == nil && fi.IsDir() {
		return nil
	} else if serr == nil {
		return fmt.Errorf("store: data folder %s is a file: name a folder: %w", dir, err)
	} else {
		return folderError(dir, err)
	}
}

// folderError words a failure to write into the data folder.
func folderError(dir string, err error) error {
	switch kindOf(err) {
	case Full:
		return fmt.Errorf("store: the disk of data folder %s is full: free some space, then start again: %w", dir, err)
	case ReadOnly:
		return fmt.Errorf("store: data folder %s can't be written: give this user the right to write there, or name another folder: %w", dir, err)
	}
	return fmt.Errorf("store: data folder %s: %w", dir, err)
}

func (s *Store) open(ctx context.Context, steps []string, o Options) error {
	path := filepath.Join(s.dir, FileName)
	hold := context.WithoutCancel(ctx)
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 {
			return &DamagedError{Path: path, Why: "the file is gone, what was last written to it is still in " + FileName + "-wal"}
		}
		if err := create(hold, path, steps); err != nil {
			return folderError(s.dir, fmt.Errorf("make %s: %w", FileName, err))
		}
	case err != nil:
		return folderError(s.dir, err)
	case fi.Size() == 0:
		return &DamagedError{Path: path, Why: "the file is empty"}
	}
	// Look before touching: opening for writing turns any database into WAL.
	h, err := s.probe(ctx, path)
	if err != nil && size(path+"-journal") > 0 && ours(path) {
		// A restored copy, cut off when it was first opened: ours, by the byte.
		db := recovering.open(path)
		_, err = readHeader(hold, db)
		db.Close()
		if err == nil {
			h, err = s.probe(ctx, path)
		} else {
			err = openError(path, err)
		}
	}
	if err != nil {
		return err
	}
	if h.version > len(steps) {
		return &VersionError{Path: path, Version: h.version, Known: len(steps)}
	}
	if err := os.Chmod(path, 0o600); err != nil { // restored from a backup with lax rights
		return folderError(s.dir, err)
	}
	s.db = writing.open(path)
	s.db.SetMaxOpenConns(1)
	if err := s.db.PingContext(hold); err != nil {
		return openError(path, err)
	}
	if h.version < len(steps) {
		copied, err := backup(hold, s.db, s.dir, h.version, time.Now())
		if err != nil {
			return folderError(s.dir, fmt.Errorf("backup before the update, nothing was changed: %w", err))
		}
		if err := migrate(hold, s.db, h.version, steps); err != nil {
			return fmt.Errorf("store: %s: %w; the file is as it was, a copy is at %s", path, err, copied)
		}
	}
	if s.file, err = os.Stat(path); err != nil {
		return folderError(s.dir, err)
	}
	s.ballast = newBallast(s.dir, o.BallastBytes)
	return nil
}

// probe reads what the file says of itself, changing nothing. What it looked
// with becomes the Reader.
func (s *Store) probe(ctx context.Context, path string) (header, error) {
	r := &Reader{path: path, db: reading.open(path)}
	r.limit()
	h, err := readHeader(ctx, r.db)
	if err == nil && h.application == applicationID {
		s.Reader = r
		return h, nil
	}
	r.db.Close()
	if err != nil {
		return h, openError(path, err)
	}
	return h, notPenlog(path)
}

func notPenlog(path string) error {
	return fmt.Errorf("store: %s: %w but some other program's: name another data folder; the file was not touched", path, ErrNotPenlog)
}

// openError words SQLite's refusal to open the file at path.
func openError(path string, err error) error {
	switch kindOf(err) {
	case Damaged:
		return &DamagedError{Path: path, Why: "SQLite can't read it", Err: err}
	case Busy:
		return fmt.Errorf("store: %s is locked by some other program: close it (a database viewer, a backup), then start again: %w", path, err)
	case Full, ReadOnly:
		return folderError(filepath.Dir(path), err)
	}
	return fmt.Errorf("store: open %s: %w", path, err)
}

// Dir returns the data folder's absolute path.
func (s *Store) Dir() string { return s.dir }

// Close gives the folder back. Run of the store's [Writer] must have returned.
func (s *Store) Close() error {
	var errs []error
	if s.Reader != nil {
		errs = append(errs, s.Reader.Close())
	}
	if s.db != nil { // the last to close, so that SQLite empties the WAL
		errs = append(errs, s.db.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}
