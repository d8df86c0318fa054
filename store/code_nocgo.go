//go:build !cgo

package store

import "syscall"

// sqliteCode has nothing to find: a program built without cgo compiles, and
// cannot open any database.
func sqliteCode(error) (code, extended int, errno syscall.Errno, ok bool) {
	return 0, 0, 0, false
}
