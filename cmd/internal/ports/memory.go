package ports

import (
	"time"

	"penlog/device"
)

const (
	// headStart is how long after the loss of a pen the ports that were no pen's
	// before stay closed, though they look new: on waking from sleep everything
	// is plugged in again, and the pen's port may come last.
	headStart = 3 * time.Second
	// maxStrangers bounds what is remembered of devices that are no pen.
	maxStrangers = 64
)

// plug is one plugging-in of one device under one name.
type plug struct{ name, path, plugged string }

// thing is a device and its socket, whatever its name.
type thing struct{ vid, pid, serial, path string }

func plugOf(p device.PortInfo) plug { return plug{p.Name, p.USBPath, p.Plugged} }

func thingOf(p device.PortInfo) thing { return thing{p.VID, p.PID, p.Serial, p.USBPath} }

// memory is what a [Finder] knows from its searches. It lives as long as the
// program: a pen is known by what it says, each time it is plugged in.
type memory struct {
	pen    thing // where the last pen was found
	known  bool  // there was one
	held   bool  // its port was handed out, and no search began since
	lostAt time.Time

	no     map[plug]bool // listened to, no pen's
	hung   map[plug]bool // a call into it did not return
	silent map[plug]bool // listened to more than once already, with nothing heard
	things map[thing]bool
}

// began notes that a search begins: the port that was handed out is gone.
func (m *memory) began(now time.Time) {
	if m.held {
		m.held, m.lostAt = false, now
	}
}

// listed forgets what is not there any more: who is plugged in again is new, also
// where the system does not count.
func (m *memory) listed(ports []device.PortInfo) {
	there := map[plug]bool{}
	for _, p := range ports {
		there[plugOf(p)] = true
	}
	for _, set := range []map[plug]bool{m.no, m.hung, m.silent} {
		for p := range set {
			if !there[p] {
				delete(set, p)
			}
		}
	}
}

// isPens reports whether p is where the last pen was: the same device by its
// serial, under whatever name and in whatever socket; one without a serial in the
// same socket.
func (m *memory) isPens(p device.PortInfo) bool {
	t := thingOf(p)
	if t.serial != "" {
		t.path = m.pen.path
	}
	return m.known && t == m.pen
}

// aside says why p, which may be opened by what it is, stays closed nevertheless.
func (m *memory) aside(p device.PortInfo, mine bool, now time.Time) Aside {
	k := plugOf(p)
	switch {
	case m.hung[k]:
		return Aside{Why: "does not answer the system", Remedy: "unplug the pen and plug it in again", urgent: 5}
	case mine, m.isPens(p):
		return Aside{}
	case m.no[k]:
		return Aside{Why: "was listened to and no pen announced itself", Remedy: "switch the pen on, unplug it and plug it in again", urgent: 2}
	case m.known && m.things[thingOf(p)] && now.Sub(m.lostAt) < headStart:
		return Aside{Why: "was no pen's before the pen was lost", Remedy: "wait 3 seconds", urgent: 2}
	}
	return Aside{}
}

// pens notes that a pen announced itself at p, whose port is handed out.
func (m *memory) pens(p device.PortInfo) {
	m.pen, m.known, m.held = thingOf(p), true, true
	delete(m.things, m.pen)
	delete(m.no, plugOf(p))
}

// nobodys notes that no pen announced itself at p. Where the last pen was, and what
// is allowed, is listened to again all the same.
func (m *memory) nobodys(p device.PortInfo) {
	m.no[plugOf(p)] = true
	if len(m.things) >= maxStrangers {
		clear(m.things)
	}
	m.things[thingOf(p)] = true
}
