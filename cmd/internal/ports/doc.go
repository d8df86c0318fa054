// Package ports finds the pen among the serial ports of this PC. It listens and
// never writes: a pen without a host announces itself once a second, so whoever
// announces no pen gets no byte from here. [Listen] asks each port once, for
// people; a [Finder] is what opens the port `auto`, each time a pen is wanted.
//
// Opening a port is not nothing: it pulses DTR and RTS, which may restart what
// is behind it. So ports that are certainly no pen's are never opened, those that
// others hold neither, and one that was listened to and is no pen stays closed
// until it is plugged in again.
package ports
