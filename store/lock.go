package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockName is the file whose lock makes one agent the owner of a data folder.
// The file stays; only the lock counts, and the system drops it with the
// process, however that ends.
const lockName = "penlog.lock"

// errLockHeld is what tryLock returns when another open file holds the lock.
var errLockHeld = errors.New("lock held")

// lockFolder takes the folder's lock and leaves this process's id in it. The
// lock lasts until the returned file is closed. The error is a *[LockedError]
// when another agent holds it.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := tryLock(f); errors.Is(err, errLockHeld) {
		defer f.Close()
		return nil, &LockedError{Dir: dir, PID: readPID(f)}
	} else if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	// The id is for people. A full disk must not keep the agent from its data.
	if err := f.Truncate(0); err == nil {
		f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return f, nil
}

func readPID(f *os.File) int {
	b := make([]byte, 32)
	n, _ := f.ReadAt(b, 0)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b[:n])))
	return pid
}
