package device

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// Address names a port: a serial device of this PC, a TCP endpoint, or auto, the
// port that somebody has to look for. It is comparable; the zero Address names
// nothing. [ParseAddress] makes one.
type Address struct {
	scheme string // "serial", "tcp" or "auto"
	name   string // "/dev/ttyUSB0", "COM5", "host:4000", "[::1]:4000", "" of auto
}

const (
	schemeSerial = "serial"
	schemeTCP    = "tcp"
	schemeAuto   = "auto"
)

// forms is what every refusal ends with when it has nothing better to suggest.
const forms = "write serial:///dev/ttyUSB0, serial://COM5 or tcp://host:port, or auto to have the pen looked for"

// AddressError says why a text is no address and what to write instead.
type AddressError struct {
	Text   string // as given
	Reason string // what is wrong with it
	Try    string // what to do
}

func (e *AddressError) Error() string {
	return fmt.Sprintf("device: port address %q: %s; %s", e.Text, e.Reason, e.Try)
}

var comName = regexp.MustCompile(`^(?i:COM)([1-9][0-9]{0,3})$`)

// ParseAddress reads serial:///dev/ttyUSB0, serial://COM5, tcp://host:port or auto.
// Scheme and COM name may be in any case; a device path is kept as given, since
// a configured name is opened as given. A refusal is an [*AddressError] with a
// suggestion. ParseAddress(a.String()) is a again.
func ParseAddress(text string) (Address, error) {
	s := strings.TrimSpace(text)
	refuse := func(reason, try string) (Address, error) {
		return Address{}, &AddressError{Text: text, Reason: reason, Try: try}
	}
	if s == "" {
		return refuse("is empty", forms)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return refuse("holds a control character", forms)
	}
	if strings.EqualFold(s, schemeAuto) {
		return Address{scheme: schemeAuto}, nil
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return refuse(withoutScheme(s))
	}
	switch strings.ToLower(scheme) {
	case schemeSerial:
		name, reason, try := serialName(rest)
		if reason != "" {
			return refuse(reason, try)
		}
		return Address{schemeSerial, name}, nil
	case schemeTCP:
		name, reason, try := tcpName(rest)
		if reason != "" {
			return refuse(reason, try)
		}
		return Address{schemeTCP, name}, nil
	}
	for _, known := range []string{schemeSerial, schemeTCP} {
		if near(strings.ToLower(scheme), known) {
			return refuse(fmt.Sprintf("unknown scheme %q", scheme), fmt.Sprintf("did you mean %s://%s?", known, rest))
		}
	}
	return refuse(fmt.Sprintf("unknown scheme %q", scheme), forms)
}

// withoutScheme explains a text in which "://" is missing.
func withoutScheme(s string) (reason, try string) {
	reason = "the scheme is missing"
	bare := s
	if scheme, rest, ok := strings.Cut(s, ":"); ok && near(strings.ToLower(scheme), schemeSerial) {
		bare = rest // serial:/dev/ttyUSB0, serial:COM5
	}
	bare = strings.TrimPrefix(bare, `\\.\`)
	switch {
	case comName.MatchString(bare):
		return reason, "write serial://" + strings.ToUpper(bare)
	case strings.HasPrefix(bare, "/") && len(bare) > 1:
		return reason, "write serial:///" + strings.TrimLeft(bare, "/")
	case near(strings.ToLower(s), schemeAuto):
		return "it is no address", "did you mean auto?"
	case strings.HasPrefix(bare, "tty"), strings.HasPrefix(bare, "cu."), strings.HasPrefix(bare, "pts/"):
		return reason, "write serial:///dev/" + bare
	}
	if host, port, err := net.SplitHostPort(s); err == nil && host != "" && port != "" {
		return reason, "write tcp://" + s
	}
	return reason, forms
}

// serialName checks what follows serial:// and returns it in its one spelling.
func serialName(rest string) (name, reason, try string) {
	com := strings.TrimPrefix(rest, `\\.\`)
	switch {
	case rest == "":
		return "", "the port's name is missing", forms
	case strings.ContainsAny(rest, "?#"):
		return "", "only the port's name may follow serial://", "leave out everything from ? or # on; the speed is a setting of its own"
	case comName.MatchString(com):
		return strings.ToUpper(com), "", ""
	case strings.HasPrefix(rest, "/"):
		if strings.HasSuffix(rest, "/") {
			return "", "the path ends without a device", "name the device, e.g. serial:///dev/ttyUSB0"
		}
		return rest, "", ""
	case strings.HasPrefix(rest, "dev/"):
		return "", "one slash is missing: a path starts with /", "write serial:///" + rest
	case strings.HasPrefix(strings.ToUpper(rest), "COM"):
		return "", "no such COM port can exist", "write COM and a number, e.g. serial://COM5"
	}
	return "", "a device is named by its whole path", "write serial:///dev/" + rest
}

// tcpName checks what follows tcp:// and returns it in its one spelling.
func tcpName(rest string) (name, reason, try string) {
	switch {
	case rest == "":
		return "", "host and port are missing", "write tcp://host:port"
	case strings.ContainsAny(rest, "/?#@ "):
		return "", "only host:port may follow tcp://", "write tcp://host:port"
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		if bare := strings.Trim(rest, "[]"); net.ParseIP(bare) != nil {
			if strings.Contains(bare, ":") {
				// tcp://::1:4000 parses as an IPv6 address too: ask, don't guess.
				return "", "an IPv6 address needs brackets and a port", "write tcp://[" + bare + "]:PORT"
			}
			return "", "the port number is missing", "write tcp://" + bare + ":PORT"
		}
		if strings.Count(rest, ":") > 1 {
			return "", "an IPv6 address needs brackets", "write tcp://[address]:port"
		}
		return "", "the port number is missing", "write tcp://" + rest + ":PORT"
	}
	if host == "" {
		return "", "the host is missing", "for this PC write tcp://127.0.0.1:" + port
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", fmt.Sprintf("%q is no port number", port), "write a number from 1 to 65535 after " + host + ":"
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), "", ""
}

// near reports whether got is want with at most two letters wrong.
func near(got, want string) bool {
	row := make([]int, len(want)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(got) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(want) {
			cost := 1
			if got[i] == want[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(want)] <= 2
}

// String is the address in its one spelling, or "" for the zero Address.
func (a Address) String() string {
	switch a.scheme {
	case "":
		return ""
	case schemeAuto:
		return schemeAuto
	}
	return a.scheme + "://" + a.name
}

// Serial reports whether a names a serial device of this PC.
func (a Address) Serial() bool { return a.scheme == schemeSerial }

// Auto reports whether a names no port: it has to be looked for.
func (a Address) Auto() bool { return a.scheme == schemeAuto }

// MarshalText and UnmarshalText make an Address usable in flags and JSON.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText is [ParseAddress], except that empty text is the zero Address.
func (a *Address) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = Address{}
		return nil
	}
	parsed, err := ParseAddress(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}
