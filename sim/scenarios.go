package sim

import "embed"

// Scenarios holds the scenario files: things that can happen in a clinic, each
// named by the hazards it shows. They are data; who plays them reads them.
//
//go:embed scenarios/*.yaml
var Scenarios embed.FS
