package store

import (
	"context"
	"database/sql"
	"io/fs"
)

// What the tests need of the inside.

// WithMigrations returns o with the numbered files of fsys for the embedded.
func (o Options) WithMigrations(fsys fs.FS) Options {
	o.migrations = fsys
	return o
}

// Migrations are the embedded files.
var Migrations fs.FS = migrationFiles

// DSN is dsn with the writing mode's parameters.
func DSN(path string) string { return dsn(path, writing.params) }

// WritingParams are the DSN parameters of the writing connection.
var WritingParams = writing.params

// PingWriting opens a writing connection with other parameters and settings,
// and asks for what the real one must have.
func PingWriting(path, params string, set []string) error {
	m := writing
	m.params = params
	if set != nil {
		m.set = set
	}
	db := m.open(path)
	defer db.Close()
	return db.PingContext(context.Background())
}

// WritingSettings are the statements run on a new writing connection.
var WritingSettings = writing.set

// OpenWriting opens a second writing pool on path.
func OpenWriting(path string) *sql.DB { return writing.open(path) }

// WriterDB is the store's writing connection.
func (s *Store) WriterDB() *sql.DB { return s.db }

// OpenRaw opens path with the given DSN parameters and no checks.
func OpenRaw(path, params string) *sql.DB { return mode{params: params}.open(path) }

// KindOf is kindOf.
func KindOf(err error) Kind { return kindOf(err) }

// ExtendedCode is SQLite's extended result code in err.
func ExtendedCode(err error) int {
	_, extended, _, _ := sqliteCode(err)
	return extended
}

// Create is create with the embedded migrations.
func Create(ctx context.Context, path string) error {
	steps, err := migrations(migrationFiles)
	if err != nil {
		return err
	}
	return create(ctx, path, steps)
}

// HistoryQueries are those that have to be answered by an index.
var HistoryQueries = []string{cartridgeUse + " OFFSET ?2 - 1", sessionsOf}
