package main

import "runtime/debug"

// release is the version of this source.
const release = "0.2.0"

// version names the running build: the release, and the revision when the
// build knows it.
func version() string {
	v := release
	if bi, ok := debug.ReadBuildInfo(); ok {
		for _, s := range bi.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				v += "+" + s.Value[:12]
			}
		}
	}
	return v
}
