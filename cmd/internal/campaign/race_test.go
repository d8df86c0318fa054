//go:build race

package campaign_test

// usual is how many seeds are played by default: the race detector costs tenfold.
const usual = 30
