// Package replay runs captures through the very core that runs live, session.Hot,
// and tells what it finds: rules that broke and healed, what it would permit, where
// it would do otherwise than the host that was recorded.
//
// A capture of the agent holds everything that Hot was given: each read with its
// moment and whether more waited, the orders, the wall clock. Of what Hot draws from
// chance (the nonces of its sessions) the recorded frames tell the outcome. So
// Hot does what it did, event for event, or the rules have changed since, which is
// what goldens are for.
//
// Nothing here reads a clock or draws from chance: a capture gives the same lines
// each time.
package replay
