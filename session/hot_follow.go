package session

import "penlog/protocol"

// NewFollowing returns a Hot for a replay, and what feeds it the recorded host's
// own frames. It takes everything a live one does and says nothing: its Output is
// always empty, and what it would send comes out of the follower. cfg.Seed counts
// for nothing.
func NewFollowing(cfg HotConfig) (*Hot, *protocol.Follower) {
	f := protocol.NewFollower(cfg.Host)
	return newHot(cfg, f.Host()), f
}
