// Package release names the running build.
package release

import "runtime/debug"

// Number is the version of this source.
const Number = "0.3.0"

// Version is the release, and the revision when the build knows it.
func Version() string {
	v := Number
	if bi, ok := debug.ReadBuildInfo(); ok {
		for _, s := range bi.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				v += "+" + s.Value[:12]
			}
		}
	}
	return v
}
