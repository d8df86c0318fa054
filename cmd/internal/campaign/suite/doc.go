// Package suite plays many scripts: scenarios that somebody chose, or the scripts
// of a campaign's seeds, on all cores, with progress while it goes and a report at
// the end, also when it is stopped on the way. What a script is and what it comes
// to is [script]'s and [campaign]'s.
package suite
