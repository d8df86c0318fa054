package store

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
)

// ballastName is the file that holds the reserve: removing it makes room for
// the last entries when the disk is full.
const ballastName = "ballast"

// BallastState says whether the reserve for a full disk is there.
type BallastState uint32

// The states of the ballast. With any but held, the next full disk can't be
// recorded: no state to start a session in.
const (
	BallastMissing BallastState = iota // there was no room to make it
	BallastHeld                        // the disk set its bytes aside
	BallastFreed                       // given up for the last entries
)

// String gives the state's code, as metrics show it.
func (s BallastState) String() string {
	switch s {
	case BallastHeld:
		return "held"
	case BallastFreed:
		return "freed"
	}
	return "missing"
}

// ballast is the reserve. State may be called from anywhere; the rest belongs
// to the writer's goroutine, and before it to Open.
type ballast struct {
	path  string
	size  int64
	state atomic.Uint32
}

// newBallast finds the ballast in dir or makes it. Having no room for it is a
// state, not an error: the record must stay readable on a full disk.
func newBallast(dir string, size int64) *ballast {
	b := &ballast{path: filepath.Join(dir, ballastName), size: size}
	os.Remove(b.path + ".new") // of a start that was cut off
	if fi, err := os.Lstat(b.path); err == nil && fi.Mode().IsRegular() && fi.Size() == size && allocated(fi) >= size {
		b.state.Store(uint32(BallastHeld))
	} else {
		b.hold()
	}
	return b
}

// State returns the ballast's state.
func (b *ballast) State() BallastState { return BallastState(b.state.Load()) }

// free gives the reserve to the disk and reports whether there was one.
func (b *ballast) free() bool {
	if b.State() != BallastHeld {
		return false
	}
	b.state.Store(uint32(BallastFreed))
	if err := os.Remove(b.path); err != nil {
		return false
	}
	syncDir(filepath.Dir(b.path)) // frees the blocks now, not at the next flush
	return true
}

// hold makes the ballast if there is room for it and as much again: a reserve
// that fills the disk by itself would be given up by the next commit.
func (b *ballast) hold() (err error) {
	dir := filepath.Dir(b.path)
	os.Remove(b.path) // of another size, or sparse
	if free, err := diskFree(dir); err == nil && free < 2*uint64(b.size) {
		return fmt.Errorf("ballast: %d bytes free: %w", free, errNoRoom)
	}
	fresh := b.path + ".new"
	f, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	// Random bytes: zeros take no room on a file system that compresses.
	_, err = io.CopyN(f, rand.Reader, b.size)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(fresh, b.path)
	}
	if err != nil {
		os.Remove(fresh)
		return err
	}
	b.state.Store(uint32(BallastHeld))
	return syncDir(dir)
}
