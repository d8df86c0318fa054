//go:build !linux && !windows && !(darwin && cgo)

package device

import (
	"context"
	"path/filepath"
	"strings"
)

// list has only names to go by: of macOS's two for each port, the one that does
// not wait for a carrier.
func (s System) list(ctx context.Context) ([]PortInfo, error) {
	if s.Root != "" {
		return s.sysfs(ctx)
	}
	names, err := filepath.Glob("/dev/cu.*")
	var ports []PortInfo
	for _, n := range names {
		ports = append(ports, PortInfo{Name: n, USB: strings.Contains(n, "usb")})
	}
	return ports, err
}
