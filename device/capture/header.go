package capture

import (
	"encoding/binary"
	"encoding/hex"
	"unicode"
	"unicode/utf8"
)

// Source is what a capture was made from. Source: CAPTURE.md §3.1.
type Source uint8

// The sources.
const (
	SourceLine    Source = 1 // heard on a line
	SourceSession Source = 2 // made from a stored session: host frames and moments are made up where the record has none
)

// String gives the source in words.
func (s Source) String() string {
	switch s {
	case SourceLine:
		return "line"
	case SourceSession:
		return "session"
	}
	return "unknown source"
}

// Header is what a file says of itself. There is no room in it for anything about
// a patient, a person, a clinic or one single pen. Source: CAPTURE.md §3.1.
type Header struct {
	Source    Source
	Simulated bool    // known from the beginning to be of a simulated pen
	ID        [8]byte // of the capture: drawn at random, the same in all its parts
	Part      uint32  // 1, 2, 3 …
	Begun     int64   // UTC µs since 1970, by the wall clock
	Software  string  // name and version of the program that wrote it, at most 64 bytes
}

// Name is the capture's id as people see it.
func (h *Header) Name() string { return hex.EncodeToString(h.ID[:]) }

// Pen is the kind of pen that answers: nothing by which one of its kind is known
// from another. Source: CAPTURE.md §3.2.
type Pen struct {
	Simulated               bool
	Caps                    uint32 // as the pen states them
	Vendor, Model, Firmware string // at most 32 bytes each
}

const (
	mostSoftware = 64
	mostName     = 32
)

func (h *Header) append(dst []byte) []byte {
	dst = append(dst, byte(h.Source), bit(h.Simulated))
	dst = append(dst, h.ID[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, h.Part)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(h.Begun))
	return appendText(dst, h.Software, mostSoftware)
}

func (h *Header) parse(p []byte) bool {
	if len(p) < 22 {
		return false
	}
	h.Source, h.Simulated = Source(p[0]), p[1]&1 != 0
	copy(h.ID[:], p[2:])
	h.Part = binary.LittleEndian.Uint32(p[10:])
	h.Begun = int64(binary.LittleEndian.Uint64(p[14:]))
	p = p[22:]
	return takeText(&p, &h.Software, mostSoftware)
}

func (m *Pen) append(dst []byte) []byte {
	dst = append(dst, bit(m.Simulated))
	dst = binary.LittleEndian.AppendUint32(dst, m.Caps)
	dst = appendText(dst, m.Vendor, mostName)
	dst = appendText(dst, m.Model, mostName)
	return appendText(dst, m.Firmware, mostName)
}

func (m *Pen) parse(p []byte) bool {
	if len(p) < 5 {
		return false
	}
	m.Simulated, m.Caps = p[0]&1 != 0, binary.LittleEndian.Uint32(p[1:])
	p = p[5:]
	return takeText(&p, &m.Vendor, mostName) && takeText(&p, &m.Model, mostName) && takeText(&p, &m.Firmware, mostName)
}

// appendText appends a length and the text, cut to so many bytes of whole runes.
func appendText(dst []byte, s string, most int) []byte {
	if len(s) > most {
		s = s[:most]
		for !utf8.ValidString(s) && len(s) > 0 {
			s = s[:len(s)-1]
		}
	}
	return append(append(dst, byte(len(s))), s...)
}

// takeText takes a text off the front of p. What can't be printed becomes '?', so
// that no file writes control codes to a terminal.
func takeText(p *[]byte, s *string, most int) bool {
	b := *p
	if len(b) < 1 || int(b[0]) > most || len(b) < 1+int(b[0]) {
		return false
	}
	n := 1 + int(b[0])
	out := make([]rune, 0, n)
	for _, r := range string(b[1:n]) {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			r = '?'
		}
		out = append(out, r)
	}
	*s, *p = string(out), b[n:]
	return true
}
