package replay

import "penlog/session"

// Notes replays c and gives what Hot told.
func Notes(c *Capture) (notes []session.Note, s Stats) {
	s = play(c, false, func(Line) {}, func(n *session.Note) { notes = append(notes, *n) })
	return notes, s
}
