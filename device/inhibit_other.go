//go:build !linux && !darwin && !windows

package device

import "fmt"

func inhibitSleep(string) (func(), error) {
	return nil, fmt.Errorf("%w: this system is not supported; switch off automatic sleep in its settings", ErrInhibit)
}
