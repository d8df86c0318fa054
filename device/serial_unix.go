//go:build unix

package device

import "syscall"

const permissionRemedy = "add this user to the group dialout (some systems: uucp), e.g. sudo usermod -aG dialout $USER, then log in again"

// kindOf names what the system said when a port was opened.
func kindOf(errno syscall.Errno) error {
	switch errno {
	case syscall.ENOENT, syscall.ENOTDIR, syscall.ENXIO, syscall.ENODEV:
		return ErrNotFound
	case syscall.EACCES, syscall.EPERM:
		return ErrPermission
	case syscall.EBUSY:
		return ErrBusy
	case syscall.ENOTTY, syscall.EISDIR, syscall.EINVAL:
		return ErrNotAPort
	case syscall.EMFILE, syscall.ENFILE:
		return ErrTooManyFiles
	case syscall.EIO, syscall.ETIMEDOUT:
		return ErrNoAnswer
	}
	return ErrOpen
}
