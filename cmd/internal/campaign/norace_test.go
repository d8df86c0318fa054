//go:build !race

package campaign_test

// How much is played by default.
const (
	usual  = 200 // seeds of the campaign
	ofEach = 8   // runs of each fault of a pen
	long   = 10  // minutes in which nothing may grow
)
