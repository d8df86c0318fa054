//go:build cgo

package store

import (
	"errors"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// sqliteCode takes SQLite's own numbers out of err: primary and extended
// result code, and the system's errno where there was one.
func sqliteCode(err error) (code, extended int, errno syscall.Errno, ok bool) {
	e, ok := errors.AsType[sqlite3.Error](err)
	return int(e.Code), int(e.ExtendedCode), e.SystemErrno, ok
}
