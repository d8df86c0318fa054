//go:build !race

package campaign_test

// How much is played by default.
const (
	usual     = 200  // seeds of the campaign
	figures   = 120  // seeds that show a figure
	long      = 10   // minutes in which nothing may grow
	everyRule = true // the oracle is asked for every rule
)
