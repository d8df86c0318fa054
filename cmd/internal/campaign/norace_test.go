//go:build !race

package campaign_test

// usual is how many seeds are played by default.
const usual = 300
