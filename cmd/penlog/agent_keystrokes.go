package main

import (
	"bytes"
	"context"
	"io"
	"time"
)

// While text is pasted, terminals that can say so put it between these.
const (
	pasteOn    = "\x1b[?2004h"
	pasteOff   = "\x1b[?2004l"
	pasteBegin = "200"
	pasteEnd   = "201"
)

const (
	keyInterrupt = 3 // Ctrl-C: a raw terminal makes no signal of it
	keyEscape    = 0x1b
	keyEnter     = '\r'
	keyDelete    = 0x7f

	// sequenceGap is how long the parts of one sequence are apart at most.
	sequenceGap = 50 * time.Millisecond
	pasteGap    = time.Second
	// burst is how many keys nobody presses between two reads.
	burst = 6
)

// typist takes keys; a *keyboard is one.
type typist interface {
	press(ctx context.Context, key byte)
	paste(text []byte)
	typesText() bool // keys are text now, not commands
}

// keystrokes tells keys from what else a terminal sends: arrows and other keys
// that come as several bytes are none, and pasted text isn't either. What stops is
// always let through.
type keystrokes struct {
	to      typist
	in      byte      // 0; keyEscape, '[' or 'O' within a sequence
	no      []byte    // parameters of the sequence
	pasting bool      // within pasted text
	at      time.Time // of what was read last
}

// readTerminal hands what is typed to k until the input ends, or Ctrl-C, when it
// calls end. A read of a terminal can't be called off: it ends with the program.
func readTerminal(ctx context.Context, in io.Reader, to typist, end func()) {
	s := keystrokes{to: to}
	b := make([]byte, 4096)
	for ctx.Err() == nil {
		n, err := in.Read(b)
		if err != nil {
			return
		}
		if s.take(ctx, b[:n], time.Now()) {
			end()
			return
		}
	}
}

// take takes what one read brought, and reports whether Ctrl-C was in it.
func (s *keystrokes) take(ctx context.Context, read []byte, now time.Time) (interrupted bool) {
	if gap := now.Sub(s.at); gap > pasteGap {
		s.in, s.pasting = 0, false
	} else if gap > sequenceGap {
		s.in = 0
	}
	s.at = now
	var got []byte // keys, or pasted text
	hand := func() {
		if s.pasting && len(got) > 0 {
			s.to.paste(got)
		} else if !s.pasting {
			interrupted = s.press(ctx, got) || interrupted
		}
		got = nil
	}
	for i, c := range read {
		alone := !s.pasting && (c == ' ' || c == keyInterrupt || c == keyEscape && i == len(read)-1)
		switch {
		case c == keyEscape:
			s.in, s.no = c, nil
		case s.in == 0:
			got = append(got, c)
			continue
		case s.in == keyEscape && (c == '[' || c == 'O'):
			s.in = c
		case s.in == '[' && c >= '0' && c <= '?':
			s.no = append(s.no, c)
		case s.in == '[' && c == '[' && len(s.no) == 0: // F1 to F5 of Linux's console
			s.in = 'O'
		default: // the last of a sequence, or a letter with Alt
			s.in = 0
			if begins := c == '~' && string(s.no) == pasteBegin; begins || c == '~' && string(s.no) == pasteEnd {
				hand()
				s.pasting = begins
			}
		}
		if alone {
			got = append(got, c)
		}
	}
	hand()
	return interrupted
}

// press hands keys on. Many at once, and not all the same, were pasted into a
// terminal that does not say so.
func (s *keystrokes) press(ctx context.Context, keys []byte) (interrupted bool) {
	if bytes.IndexByte(keys, keyInterrupt) >= 0 {
		return true
	}
	for len(keys) > 0 {
		if len(keys) >= burst && !s.to.typesText() && keys[0] != ':' && bytes.Count(keys, keys[:1]) < len(keys) {
			s.to.paste(keys)
			if bytes.IndexByte(keys, ' ') >= 0 {
				s.to.press(ctx, ' ')
			}
			return false
		}
		s.to.press(ctx, keys[0])
		keys = keys[1:]
	}
	return false
}
