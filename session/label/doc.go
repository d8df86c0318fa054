// Package label says what makers' labels cover: for which pen, indication and zone,
// how deep, and for whom. It is read from a file (labels.yaml is the built-in one) that
// a clinic may replace.
//
// A label only tightens, with one exception that limits files name: a depth that they
// allow only to a pen with a certain label. Of a pen that is not in the file nothing is
// known, which neither covers nor excludes anything.
//
// The package is pure: no clock, no file, no network, and no sessions.
package label
