//go:build windows || (darwin && cgo)

package device

import (
	"context"

	"go.bug.st/serial/enumerator"
)

// list asks the serial library, without a probe filter: it opens nothing then.
func (s System) list(ctx context.Context) ([]PortInfo, error) {
	if s.Root != "" {
		return s.sysfs(ctx)
	}
	details, err := enumerator.GetDetailedPortsList()
	if err != nil {
		return nil, err
	}
	var ports []PortInfo
	for _, d := range details {
		if d.Name == "" {
			continue
		}
		p := PortInfo{Name: d.Name, USB: d.IsUSB, VID: fourDigits(d.VID), PID: fourDigits(d.PID),
			Serial: printable(d.SerialNumber), Product: printable(d.Product), Manufacturer: printable(d.Manufacturer)}
		p.Foreign = receivers[p.VID]
		ports = append(ports, p)
	}
	return ports, nil
}
