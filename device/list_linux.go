package device

import "context"

// list reads sysfs. The serial library's list would open each ttyS.
func (s System) list(ctx context.Context) ([]PortInfo, error) { return s.sysfs(ctx) }
