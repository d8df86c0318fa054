package device

import (
	"syscall"

	"golang.org/x/sys/windows"
)

const permissionRemedy = "run Penlog as a user who may use the port"

// kindOf names what the system said when a port was opened.
func kindOf(errno syscall.Errno) error {
	switch errno {
	case windows.ERROR_FILE_NOT_FOUND, windows.ERROR_PATH_NOT_FOUND, windows.ERROR_INVALID_NAME, windows.ERROR_BAD_PATHNAME:
		return ErrNotFound
	case windows.ERROR_ACCESS_DENIED, windows.ERROR_SHARING_VIOLATION, windows.ERROR_BUSY:
		return ErrBusy
	case windows.ERROR_TOO_MANY_OPEN_FILES:
		return ErrTooManyFiles
	case windows.ERROR_GEN_FAILURE, windows.ERROR_SEM_TIMEOUT, windows.ERROR_DEVICE_NOT_CONNECTED, windows.ERROR_BAD_COMMAND:
		return ErrNoAnswer
	}
	return ErrOpen
}
