package store

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// tryLock takes an exclusive lock on one byte of f far behind its contents:
// locks are mandatory here, and a second agent must be able to read the id.
func tryLock(f *os.File) error {
	at := windows.Overlapped{OffsetHigh: 0x4000_0000}
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errLockHeld
	}
	return err
}

// syncDir has nothing to do: names are journalled by the file system.
func syncDir(string) error { return nil }

// allocated returns the file's size: files here are not sparse unless asked.
func allocated(fi os.FileInfo) int64 { return fi.Size() }

// isFullErrno reports whether e says that a file can't grow.
func isFullErrno(e syscall.Errno) bool {
	return e == windows.ERROR_DISK_FULL || e == windows.ERROR_HANDLE_DISK_FULL ||
		e == windows.ERROR_DISK_QUOTA_EXCEEDED || e == windows.ERROR_FILE_TOO_LARGE
}

// diskFree returns how many bytes this user may still write below dir.
func diskFree(dir string) (uint64, error) {
	p, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(p, &free, nil, nil)
	return free, err
}
