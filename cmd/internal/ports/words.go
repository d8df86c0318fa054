package ports

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"penlog/device"
)

// Why [Finder.Open] has no port, by [errors.Is].
var (
	ErrNoPen   = errors.New("no pen was found")
	ErrTwoPens = errors.New("more than one pen announces itself")
)

// auto is the address that finders open.
var auto, _ = device.ParseAddress("auto")

// failure is the end of a search. The remedy holds no semicolon: what people see
// is cut at the last one.
func failure(kind error, detail, remedy string) error {
	return &device.OpenError{Addr: auto, Kind: kind, Detail: detail, Remedy: remedy}
}

// twoPens names the pens that a search would have to guess between.
func twoPens(found []*ear) error {
	slices.SortFunc(found, func(a, b *ear) int { return cmp.Compare(a.heard.Port.Name, b.heard.Port.Name) })
	var names []string
	for _, e := range found {
		names = append(names, e.heard.Port.Name+": "+penName(e.heard.Pen))
	}
	return failure(ErrTwoPens, strings.Join(names, ", "), "unplug all but one, or name one: --port serial://"+found[0].heard.Port.Name)
}

// nothing says what was seen instead of a pen, and what to do.
func (s *search) nothing(now time.Time) error {
	var seen []string
	remedy, urgent := "plug the pen in and switch it on", 0
	if len(s.f.ports) > 0 {
		remedy = "plug the pen in and switch it on (`penlog ports` tells more)"
	}
	better := func(a Aside) {
		if a.urgent > urgent {
			remedy, urgent = a.Remedy+" (`penlog ports` tells more)", a.urgent
		}
	}
	for _, p := range s.f.ports {
		var a Aside
		if e := s.ears[plugOf(p)]; e != nil {
			a = afterListening(&e.heard)
		} else {
			a = s.aside(p, now)
		}
		if a.Why == "" || !p.USB {
			continue // a new one, which the next search listens to
		}
		seen = append(seen, p.Name+" "+a.Why)
		better(a)
	}
	if len(seen) == 0 {
		seen = []string{"no USB serial port is there"}
	}
	return failure(ErrNoPen, strings.Join(seen, ", "), remedy)
}

// afterListening says what was heard, as a reason to go on without it.
func afterListening(h *Heard) Aside {
	a := Aside{Why: h.Words(), Remedy: "switch the pen on, unplug it and plug it in again", urgent: 2}
	switch oe, refused := errors.AsType[*device.OpenError](h.Err); {
	case refused:
		a.Remedy, a.urgent = strings.ReplaceAll(oe.Remedy, "; ", ", "), 5
	case h.Frames > 0:
		a.Remedy, a.urgent = "end the other program that has the pen", 4
	}
	return a
}
