//go:build race

package campaign_test

// How much is played by default: the race detector costs tenfold.
const (
	usual     = 12    // seeds of the campaign
	figures   = 12    // seeds that show a figure
	long      = 2     // minutes in which nothing may grow
	everyRule = false // the oracle is asked for every rule
)
