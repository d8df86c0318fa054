//go:build !race

package suite_test

// seeds is under how many each scenario is played: what it leaves open, line,
// hand and delays, may not decide whether it holds.
const seeds = 3
