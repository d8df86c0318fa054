package store

import (
	"context"
	"database/sql"
	"embed"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// applicationID marks our files in SQLite's header: "PNLG".
const applicationID = 0x504e4c47

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrationDir is where the numbered files lie within their file system.
const migrationDir = "migrations"

// migrations returns the SQL of each step: step i brings schema i to i+1. The
// files are numbered from 0001 without a gap.
func migrations(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, migrationDir)
	if err != nil {
		return nil, err
	}
	var steps []string
	for i, e := range entries { // sorted by name
		number, _, _ := strings.Cut(e.Name(), "_")
		if n, err := strconv.Atoi(number); err != nil || n != i+1 {
			return nil, fmt.Errorf("store: migration %q is not number %d", e.Name(), i+1)
		}
		b, err := fs.ReadFile(fsys, migrationDir+"/"+e.Name())
		if err != nil {
			return nil, err
		}
		steps = append(steps, string(b))
	}
	return steps, nil
}

// migrate brings db from schema version to the newest, one transaction a step.
// A step that fails leaves the file at the step before.
func migrate(ctx context.Context, db *sql.DB, version int, steps []string) error {
	for ; version < len(steps); version++ {
		if err := migrateStep(ctx, db, steps[version], version+1); err != nil {
			return fmt.Errorf("bring the schema from %d to %d: %w", version, version+1, err)
		}
	}
	return nil
}

func migrateStep(ctx context.Context, db *sql.DB, step string, to int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, step); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "PRAGMA user_version = "+strconv.Itoa(to)); err != nil {
		return err
	}
	return tx.Commit()
}

// header is what a database says of itself.
type header struct {
	application int64
	version     int
}

// readHeader reads application_id and user_version, wherever they are: in the
// file or in its WAL.
func readHeader(ctx context.Context, db *sql.DB) (header, error) {
	var h header
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&h.application); err != nil {
		return h, err
	}
	return h, db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&h.version)
}

// applicationAt is where application_id lies in a database file, big-endian.
// Source: sqlite.org/fileformat2.html §1.3.
const applicationAt = 68

// ours reads application_id from the file itself: for a file whose rollback
// journal SQLite must apply before it reads anything.
func ours(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var b [4]byte
	_, err = f.ReadAt(b[:], applicationAt)
	return err == nil && binary.BigEndian.Uint32(b[:]) == applicationID
}

// create builds a new database beside path and renames it into place when it
// is whole, so that a file at path is never half made.
func create(ctx context.Context, path string, steps []string) (err error) {
	fresh := path + ".new"
	clear := func() {
		for _, end := range []string{"", "-journal", "-wal", "-shm"} {
			os.Remove(fresh + end)
		}
	}
	clear() // of a start that was cut off: never anyone's record
	defer func() {
		if err != nil {
			clear()
		}
	}()
	f, err := os.OpenFile(fresh, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	db := building.open(fresh)
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	if err := migrate(ctx, db, 0, steps); err != nil {
		return err
	}
	// Marked for WAL here, not at the first opening: cut off there, the change
	// would leave a rollback journal beside the file.
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode=WAL").Scan(&mode); err != nil {
		return err
	}
	if err := db.Close(); err != nil { // removes the WAL
		return err
	}
	if mode != "wal" || size(fresh+"-wal") > 0 || size(fresh+"-journal") > 0 {
		return fmt.Errorf("SQLite left it in mode %q with a log beside it", mode)
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// backupDir is where copies made before a migration go, inside the data folder.
const backupDir = "backups"

// backup copies the whole database, as of now, into the backups folder and
// returns the copy's path.
func backup(ctx context.Context, db *sql.DB, dir string, version int, now time.Time) (string, error) {
	to := filepath.Join(dir, backupDir)
	if err := os.Mkdir(to, 0o700); err != nil && !os.IsExist(err) {
		return "", err
	}
	name := filepath.Join(to, fmt.Sprintf("penlog-schema%d-%s.db", version, now.UTC().Format("20060102T150405.000000000Z")))
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) // VACUUM INTO takes an empty file
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err = db.ExecContext(ctx, "VACUUM INTO ?", name); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = syncDir(to)
	}
	if err != nil {
		os.Remove(name)
		return "", err
	}
	return name, nil
}
