package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"penlog/cmd/internal/agent"
	"penlog/session"
)

// keyHelp is the line below the view.
const keyHelp = "space STOP · t time-out · r resume · p pause · a acknowledge · n next zone · . pass · + - correct · b bell, h heard · m mute · l locate · f finish · x abort · : any command"

// keyed are the commands that one key gives.
var keyed = map[byte]session.Command{
	' ': {Do: session.CmdStop}, 's': {Do: session.CmdStop}, 'p': {Do: session.CmdPause}, 't': {Do: session.CmdArm}, 'r': {Do: session.CmdResume},
	'a': {Do: session.CmdAcknowledge}, 'n': {Do: session.CmdNext}, '.': {Do: session.CmdPass}, '+': {Do: session.CmdPass, Delta: 1},
	'-': {Do: session.CmdPass, Delta: -1}, 'm': {Do: session.CmdMute}, 'l': {Do: session.CmdLocate}, 'h': {Do: session.CmdAlarmHeard},
	'f': {Do: session.CmdFinish}, 'x': {Do: session.CmdAbort},
}

// twice are keys that end a session: they are pressed twice.
const twice = "fx"

const (
	twiceIn   = 3 * time.Second
	sayFor    = 8 * time.Second
	keyEscape = 0x1b
	keyEnter  = '\r'
	keyDelete = 0x7f
)

// doer carries out commands; *agent.Agent is one.
type doer interface {
	Do(context.Context, session.Command) (session.Answer, error)
}

var _ doer = (*agent.Agent)(nil)

// keyboard turns keys into commands. Keys come on one goroutine, Lines is asked
// from another.
type keyboard struct {
	do   doer
	by   session.By
	now  func() time.Time
	bell func() // sounds the alarm once, for people to hear

	mu     sync.Mutex
	typing bool
	typed  []byte // behind ':'
	said   string
	saidAt time.Time
	first  byte // of a key that is pressed twice
	at     time.Time
}

// press takes the next key. It does not wait for the command's answer, so that the
// next key, which may be a stop, is heard.
func (k *keyboard) press(ctx context.Context, key byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.typing {
		k.type_(ctx, key)
		return
	}
	if key == ':' {
		k.typing, k.typed = true, nil
		return
	}
	if key == 'b' {
		k.bell()
		k.say("the alarm sounds once: press h if it is heard")
		return
	}
	cmd, ok := keyed[key]
	switch {
	case !ok:
		k.say("no such key: " + keyHelp)
		return
	case strings.IndexByte(twice, key) >= 0 && (k.first != key || k.now().Sub(k.at) > twiceIn):
		k.first, k.at = key, k.now()
		k.say(fmt.Sprintf("press %c again to %s", key, cmd.Do))
		return
	}
	k.first = 0
	k.give(ctx, cmd)
}

// type_ takes a key of a command that is typed.
func (k *keyboard) type_(ctx context.Context, key byte) {
	switch {
	case key == keyEscape || key == 3:
		k.typing = false
	case key == keyDelete || key == '\b':
		_, n := utf8.DecodeLastRune(k.typed)
		k.typed = k.typed[:len(k.typed)-n]
	case key == keyEnter || key == '\n':
		k.typing = false
		cmd, err := typedCommand(string(k.typed))
		if err != nil {
			k.say(err.Error())
			return
		}
		k.give(ctx, cmd)
	case key >= ' ' && len(k.typed) < 4000:
		k.typed = append(k.typed, key)
	}
}

// typedCommand reads what was typed: a command's name, or its JSON.
func typedCommand(s string) (cmd session.Command, err error) {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "{") {
		return session.Command{Do: session.CommandKind(s)}, nil
	}
	d := json.NewDecoder(strings.NewReader(s))
	d.DisallowUnknownFields()
	if err := d.Decode(&cmd); err != nil {
		return cmd, fmt.Errorf("that is no command: %w", err)
	}
	return cmd, nil
}

// give gives a command and says what came of it.
func (k *keyboard) give(ctx context.Context, cmd session.Command) {
	if cmd.By == "" {
		cmd.By = k.by
	}
	k.say(string(cmd.Do) + " …")
	go func() {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		_, err := k.do.Do(ctx, cmd)
		k.mu.Lock()
		defer k.mu.Unlock()
		var ref *session.RefusedError
		switch {
		case errors.As(err, &ref) && ref.Code == "no_person":
			k.say("who are you? Start the agent with --operator NAME")
		case errors.As(err, &ref):
			k.say(strings.TrimPrefix(ref.Error(), "session: "))
		case err != nil:
			k.say(err.Error())
		default:
			k.say(string(cmd.Do) + ": recorded")
		}
	}()
}

func (k *keyboard) say(s string) { k.said, k.saidAt = plain(s), k.now() }

// Lines are shown below the view: what is typed, or what came of it, and the keys.
func (k *keyboard) Lines() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.typing:
		return []string{"  : " + plain(string(k.typed)) + "▏", "  Enter gives it, Esc drops it"}
	case k.said != "" && k.now().Sub(k.saidAt) < sayFor:
		return []string{"  " + k.said, "  " + keyHelp}
	}
	return []string{"", "  " + keyHelp}
}
