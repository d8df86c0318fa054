package ports

import (
	"fmt"
	"slices"
	"strings"

	"penlog/device"
)

// Aside says why a port is left closed, and what lets it be listened to. The zero
// Aside is a port that may be opened.
type Aside struct {
	Why    string // goes on a sentence that begins with the port's name
	Remedy string
	urgent int // of several remedies the greatest is told
}

// May says whether the port p may be opened to listen, by what it is: USB ports of
// the kinds that pens come with, and those whose id the clinic allowed, as long as
// no other program holds them.
func May(p device.PortInfo, allowed []device.USBID, holders []device.Holder) Aside {
	mine := slices.Contains(allowed, p.ID())
	switch {
	case !p.USB:
		return Aside{Why: "is not USB", Remedy: "name it if it is the pen's"}
	case p.Foreign != "" && !mine:
		return Aside{Why: "is a " + p.Foreign, Remedy: fmt.Sprintf("if it is the pen, allow it: --usb %v", p.ID()), urgent: 1}
	case p.Bridge() == "" && !mine:
		return Aside{Why: "is a USB port of a kind that is not known", Remedy: fmt.Sprintf("if it is the pen, allow it: --usb %v", p.ID()), urgent: 3}
	case len(holders) > 0:
		var who []string
		for _, h := range holders {
			who = append(who, h.String())
		}
		return Aside{Why: "is in use by " + strings.Join(who, ", "), Remedy: "close the program that uses the pen's port", urgent: 4}
	}
	return Aside{}
}
