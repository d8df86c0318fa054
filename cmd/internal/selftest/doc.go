// Package selftest shows that a campaign finds what it is there to find. It takes
// one rule of the product away at a time, builds the campaign with it, and looks
// whether the campaign notices.
//
//	List ─▶ overlay ─▶ go build -overlay ─▶ mutant: seeds until a promise is broken ─▶ Report
//
// A [Mutation] is data: a stretch of the source and what stands there instead. It
// reaches the compiler by an overlay and nothing else, so nothing in the product
// can switch a rule off, and the source on disk stays as it is. Building takes a Go
// toolchain and the module's source: the self-test is for who builds Penlog.
//
// A mutation that no run can show, because another control covers it, is kept
// and says which. All others must be found.
package selftest
