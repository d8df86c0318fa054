package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"penlog/session"
)

// heard collects commands, and refuses what it is told to.
type heard struct {
	got    chan session.Command
	refuse *session.RefusedError
}

func (h *heard) Do(_ context.Context, c session.Command) (session.Answer, error) {
	h.got <- c
	if h.refuse != nil {
		return session.Answer{}, h.refuse
	}
	return session.Answer{}, nil
}

// desk is a keyboard whose commands are heard, and a clock.
type desk struct {
	*keyboard
	t    *testing.T
	h    *heard
	rang int

	clock sync.Mutex // of at
	at    time.Time
}

func newDesk(t *testing.T, room int) *desk {
	d := &desk{t: t, h: &heard{got: make(chan session.Command, room)}, at: time.Unix(1000, 0)}
	d.keyboard = &keyboard{do: d.h, by: "op-1", now: d.time, bell: func() { d.rang++ }}
	return d
}

func (d *desk) time() time.Time {
	d.clock.Lock()
	defer d.clock.Unlock()
	return d.at
}

// wait lets time pass.
func (d *desk) wait(t time.Duration) {
	d.clock.Lock()
	defer d.clock.Unlock()
	d.at = d.at.Add(t)
}

// types presses keys as fingers do, one after the other.
func (d *desk) types(keys string) {
	for i := range len(keys) {
		d.wait(2 * letGoToRun / 3)
		d.press(d.t.Context(), keys[i])
	}
}

func (d *desk) line() string { return d.Lines()[0] }

func TestKeysGiveCommands(t *testing.T) { synctest.Test(t, keysGiveCommands) }

func keysGiveCommands(t *testing.T) {
	d := newDesk(t, 1)
	d.types("b")
	for key, want := range keyed {
		d.types(string(key))
		if strings.IndexByte(confirmed, key) >= 0 {
			if line := d.line(); !strings.Contains(line, "Enter") {
				t.Errorf("%c alone: %q", key, line)
			}
			d.wait(confirmIn)
			d.types("\r") // too late
			d.types(string(key) + "\x1b\r" + string(key) + "Z\r" + string(key) + "\r")
		}
		if got := <-d.h.got; got.Do != want.Do || got.Delta != want.Delta || got.By != "op-1" {
			t.Errorf("%c gives %+v", key, got)
		}
		synctest.Wait() // a stop that is under way swallows the next one
		if d.rangAt = d.at; len(d.h.got) != 0 {
			t.Errorf("%c gives %+v besides", key, <-d.h.got)
		}
	}
	d.types(`:{"do":"note","text":"a ü` + "\x7f\x7f" + `b"}` + "\r")
	if got := <-d.h.got; got.Do != session.CmdNote || got.Text != "a b" && got.Text != "ab" {
		t.Errorf("typed: %+v", got)
	}
	d.types(":alarm_heard\n")
	if got := <-d.h.got; got.Do != session.CmdAlarmHeard {
		t.Errorf("typed by name: %+v", got)
	}
	d.types(":finish\x1b") // dropped
	for _, nonsense := range []string{`{"do":5}`, `{"do":"stop"} and more`, `{"do":"stop","do":"abort"}`} {
		d.types(":" + nonsense + "\r")
		if line := d.line(); !strings.Contains(line, "no command") {
			t.Errorf("%s typed: %q", nonsense, line)
		}
	}
	if d.types("b"); d.rang != 2 {
		t.Errorf("b sounds the alarm %d times", d.rang)
	}
	d.types("Z")
	if line := d.line(); !strings.Contains(line, "no such key") {
		t.Errorf("no such key: %q", line)
	}
	d.wait(time.Hour)
	d.types("h")
	if line := d.line(); !strings.Contains(line, "press b first") {
		t.Errorf("heard, and nothing sounded: %q", line)
	}
	d.wait(time.Minute)
	if lines := d.Lines(); lines[0] != "" || !slices.Equal(lines[1:], keyHelp) {
		t.Errorf("a minute later: %q", lines)
	}
	for _, line := range keyHelp {
		if n := utf8.RuneCountInString(line); n > 79 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if len(d.h.got) != 0 {
		t.Errorf("given besides: %+v", <-d.h.got)
	}
}

// A key that something lies on counts once; a stop counts each time.
func TestHeldKeyCountsOnce(t *testing.T) {
	for key := range keyed {
		d := newDesk(t, 100)
		synctest.Test(t, func(t *testing.T) {
			d.rangAt = d.at
			d.press(t.Context(), key)
			d.wait(250 * time.Millisecond) // what a keyboard waits before it repeats
			for range 30 {
				d.press(t.Context(), key)
				synctest.Wait()
				d.wait(30 * time.Millisecond)
			}
		})
		want := map[bool]int{true: 1, false: 0}[strings.IndexByte(confirmed, key) < 0]
		if got := len(d.h.got); got != want && !(got > want && keyed[key].Do != session.CmdAbort && slices.Contains(stopping, keyed[key].Do)) {
			t.Errorf("%c held for a second: %d commands, want %d", key, got, want)
		}
	}
	d := newDesk(t, 100)
	d.press(t.Context(), 'r')
	d.wait(700 * time.Millisecond) // a slow keyboard's wait
	d.press(t.Context(), 'r')
	if <-d.h.got; len(d.h.got) != 0 {
		t.Error("the pen is let run by a key that is held")
	}
}

// While text is typed a space is text, and yet whoever hits it to stop is heard.
func TestSpaceStopsWhileTyping(t *testing.T) {
	for _, keys := range []string{": ", `:{"do":"note","text":"the left  `} {
		d := newDesk(t, 1)
		d.types(keys)
		if got := <-d.h.got; got.Do != session.CmdStop || d.typesText() {
			t.Errorf("%q gives %+v, still typing %v", keys, got, d.typesText())
		}
	}
	d := newDesk(t, 1)
	d.types(":finis")
	d.wait(typeFor)
	if d.types("h"); d.typesText() || !strings.Contains(d.line(), "dropped") {
		t.Errorf("half a minute later: typing %v, %q", d.typesText(), d.line())
	}
	if d.types("\r"); len(d.h.got) != 0 {
		t.Errorf("given: %+v", <-d.h.got)
	}
}

// slowDoer answers when it is let.
type slowDoer struct {
	got  chan session.CommandKind
	free chan struct{}
}

func (s *slowDoer) Do(_ context.Context, c session.Command) (session.Answer, error) {
	s.got <- c.Do
	if c.Do != session.CmdStop {
		<-s.free
	}
	return session.Answer{}, nil
}

// A stop waits for nothing, and nothing that was pressed before it comes after it.
func TestStopIsTheLastOfWhatWasPressed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowDoer{got: make(chan session.CommandKind, 9), free: make(chan struct{})}
		k := &keyboard{do: slow, by: "op-1", now: time.Now}
		heard := func() (all []session.CommandKind) {
			synctest.Wait()
			for len(slow.got) > 0 {
				all = append(all, <-slow.got)
			}
			return all
		}
		for _, key := range "an+r" {
			k.press(t.Context(), byte(key))
		}
		if got := heard(); !slices.Equal(got, []session.CommandKind{session.CmdAcknowledge}) {
			t.Errorf("at once: %v", got)
		}
		slow.free <- struct{}{}
		if got := heard(); !slices.Equal(got, []session.CommandKind{session.CmdNext}) {
			t.Errorf("then: %v", got)
		}
		k.press(t.Context(), ' ')
		if got := heard(); !slices.Equal(got, []session.CommandKind{session.CmdStop}) {
			t.Errorf("a stop: %v", got)
		}
		slow.free <- struct{}{}
		if got := heard(); !slices.Equal(got, []session.CommandKind{session.CmdStop}) {
			t.Errorf("after what was under way: %v, want another stop and nothing that waited", got)
		}
		k.press(t.Context(), 'r')
		if got := heard(); !slices.Equal(got, []session.CommandKind{session.CmdResume}) {
			t.Errorf("pressed after the stop: %v", got)
		}
		for range 20 { // a disk that hangs
			k.press(t.Context(), "am"[k.queued%2])
		}
		if k.queued > waitMost {
			t.Errorf("%d commands wait", k.queued)
		}
		close(slow.free)
		heard()
	})
}
