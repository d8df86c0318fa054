//go:build race

package suite_test

// seeds is under how many each scenario is played: the race detector costs tenfold.
const seeds = 1
