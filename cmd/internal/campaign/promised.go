package campaign

import (
	"reflect"
	"slices"

	"penlog/session"
)

// course is what happened in a session: its events as they were told. The place of the
// first in the record is base + 1.
type course struct {
	session session.ID
	base    int
	events  []session.Event
}

// courses are those of the sessions since the agent began, the one at hand last.
type courses []course

// place is one in a session's record; 0: before the first.
type place struct {
	session session.ID
	at      int
}

// begins waits for the events of a session behind the first so many.
func (c *courses) begins(id session.ID, base int) { *c = append(*c, course{session: id, base: base}) }

func (c courses) take(e session.Event) {
	if n := len(c); n > 0 {
		c[n-1].events = append(c[n-1].events, e)
	}
}

// now is the place of what was told last.
func (c courses) now() (p place) {
	if n := len(c); n > 0 {
		p = place{c[n-1].session, c[n-1].base + len(c[n-1].events)}
	}
	return p
}

// find gives the place of an event that is told behind another, false when it is not.
func (c courses) find(e session.Event, behind place) (place, bool) {
	first := max(slices.IndexFunc(c, func(x course) bool { return x.session == behind.session }), 0)
	for i := first; i < len(c); i++ {
		x, from := &c[i], 0
		if x.session == behind.session {
			from = max(behind.at-x.base, 0)
		}
		if k := slices.IndexFunc(x.events[from:], func(x session.Event) bool { return reflect.DeepEqual(x, e) }); k >= 0 {
			return place{x.session, x.base + from + k + 1}, true
		}
	}
	return place{}, false
}

// promised judges the answer to a command that was given at a place: all that it says happened is on the disk, at its place.
func (j *judge) promised(do session.CommandKind, behind place, a *session.Answer) {
	if len(a.Events) == 0 {
		return
	}
	last := a.Events[len(a.Events)-1]
	at, ok := j.courses.find(last, behind)
	if !ok {
		j.blame("answer without record", "%s is answered, and its %q is not recorded", do, last.Kind())
		return
	}
	for _, s := range j.w.disk.kept {
		if s.id == at.session && len(s.records) >= at.at {
			return
		}
	}
	j.blame("answer before commit", "%s is answered, and its %q, record %d, is not durable", do, last.Kind(), at.at)
}
