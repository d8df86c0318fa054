package main

import (
	"context"
	"strings"
	"testing"
	"time"

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

func TestKeysGiveCommands(t *testing.T) {
	at := time.Unix(1000, 0)
	h := &heard{got: make(chan session.Command, 1)}
	rang := 0
	k := &keyboard{do: h, by: "op-1", now: func() time.Time { return at }, bell: func() { rang++ }}
	press := func(keys string) {
		for i := range len(keys) {
			k.press(t.Context(), keys[i])
		}
	}
	for key, want := range keyed {
		press(string(key))
		if strings.IndexByte(twice, key) >= 0 {
			if line := k.Lines()[0]; !strings.Contains(line, "again") {
				t.Errorf("%c once: %q", key, line)
			}
			at = at.Add(twiceIn + time.Second)
			press(string(key)) // too late: it is the first again
			press(string(key))
		}
		if got := <-h.got; got.Do != want.Do || got.Delta != want.Delta || got.By != "op-1" {
			t.Errorf("%c gives %+v", key, got)
		}
	}
	press(`:{"do":"note","text":"a ü` + "\x7f\x7f" + `b"}` + "\r")
	if got := <-h.got; got.Do != session.CmdNote || got.Text != "a b" && got.Text != "ab" {
		t.Errorf("typed: %+v", got)
	}
	press(":alarm_heard\n")
	if got := <-h.got; got.Do != session.CmdAlarmHeard {
		t.Errorf("typed by name: %+v", got)
	}
	press(":finish\x1b") // dropped
	press(":{\"do\":5}\r")
	if line := k.Lines()[0]; !strings.Contains(line, "no command") {
		t.Errorf("nonsense typed: %q", line)
	}
	if press("b"); rang != 1 {
		t.Errorf("b sounds the alarm %d times", rang)
	}
	press("Z")
	if line := k.Lines()[0]; !strings.Contains(line, "no such key") {
		t.Errorf("no such key: %q", line)
	}
	at = at.Add(time.Minute)
	if lines := k.Lines(); lines[0] != "" || lines[1] != "  "+keyHelp {
		t.Errorf("a minute later: %q", lines)
	}
	if len(h.got) != 0 {
		t.Errorf("given besides: %+v", <-h.got)
	}
}
