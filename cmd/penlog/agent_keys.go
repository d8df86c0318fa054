package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/api"
	"penlog/session"
)

// keyHelp are the lines below the view. They fit a terminal of 80 columns.
var keyHelp = []string{
	"  space STOP · p pause · t time-out · r resume · a acknowledge · m mute",
	"  n next zone · . pass · + - correct · b bell, h heard · l locate",
	"  f finish · x abort · : any command · Ctrl-C ends the agent",
}

// keyed are the commands that one key gives.
var keyed = map[byte]session.Command{
	' ': {Do: session.CmdStop}, 's': {Do: session.CmdStop}, 'S': {Do: session.CmdStop}, 'p': {Do: session.CmdPause}, 'P': {Do: session.CmdPause},
	't': {Do: session.CmdArm}, 'r': {Do: session.CmdResume},
	'a': {Do: session.CmdAcknowledge}, 'n': {Do: session.CmdNext}, '.': {Do: session.CmdPass}, '+': {Do: session.CmdPass, Delta: 1},
	'-': {Do: session.CmdPass, Delta: -1}, 'm': {Do: session.CmdMute}, 'l': {Do: session.CmdLocate}, 'h': {Do: session.CmdAlarmHeard},
	'f': {Do: session.CmdFinish}, 'x': {Do: session.CmdAbort},
}

// confirmed are keys that end a session: Enter follows them.
const confirmed = "fx"

// stopping are the commands that wait for no other, and undo what waits.
var stopping = []session.CommandKind{session.CmdStop, session.CmdPause, session.CmdAbort}

const (
	confirmIn = 3 * time.Second
	heardIn   = time.Minute // after the bell
	sayFor    = 8 * time.Second
	typeFor   = 30 * time.Second // between two keys of a typed command
	typedMost = 4000             // bytes
	typedSeen = 70               // characters, the last ones
	waitMost  = 8                // commands that wait for their turn

	// A key that is held, or that something lies on, repeats by itself: it counts
	// again only after it was let go for so long.
	letGo      = 300 * time.Millisecond
	letGoToRun = time.Second // of the keys after which the pen may run
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
	key    byte // pressed last, and when
	at     time.Time
	first  byte // that waits for Enter, and when it was pressed
	asked  time.Time
	rangAt time.Time

	last   chan struct{} // closed when the newest command that waits its turn is answered
	queued int           // such commands
	stops  int           // given so far
	busy   bool          // a stop is under way, and nothing was given since
}

// press takes the next key. It does not wait for the command's answer, so that the
// next key, which may be a stop, is heard.
func (k *keyboard) press(ctx context.Context, key byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	held := key == k.key && now.Sub(k.at) < k.rest(key)
	late := k.typing && now.Sub(k.at) > typeFor
	k.key, k.at = key, now
	switch {
	case k.typing && k.meansStop(key):
		k.typing = false
	case late:
		k.typing = false
		k.say("what was typed is dropped: nothing came for half a minute")
		return
	case k.typing:
		k.type_(ctx, key)
		return
	case held:
		return
	}
	first := k.first
	k.first = 0
	cmd, ok := keyed[key]
	switch {
	case first != 0 && (key == keyEnter || key == '\n'):
		if now.Sub(k.asked) <= confirmIn {
			k.give(ctx, keyed[first])
		}
	case key == keyEscape:
		k.say("")
	case key == ':':
		k.typing, k.typed = true, nil
	case key == 'b':
		k.bell()
		k.rangAt = now
		k.say("the alarm sounds once: press h if it is heard")
	case !ok:
		k.say("no such key; the keys are below")
	case strings.IndexByte(confirmed, key) >= 0:
		k.first, k.asked = key, now
		k.say(fmt.Sprintf("press Enter to %s", cmd.Do))
	case cmd.Do == session.CmdAlarmHeard && (k.rangAt.IsZero() || now.Sub(k.rangAt) > heardIn):
		k.say("press b first, and h when the alarm is heard")
	default:
		k.give(ctx, cmd)
	}
}

// rest is how long a key must have been let go to count again.
func (k *keyboard) rest(key byte) time.Duration {
	switch cmd := keyed[key]; {
	case slices.Contains(stopping, cmd.Do):
		return 0
	case key == 't' || key == 'r' || key == 'n':
		return letGoToRun
	}
	return letGo
}

// meansStop reports whether a space is no text: no command begins with one, and
// none holds two.
func (k *keyboard) meansStop(key byte) bool {
	return key == ' ' && (len(k.typed) == 0 || k.typed[len(k.typed)-1] == ' ')
}

// typesText reports whether keys are text now.
func (k *keyboard) typesText() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.typing
}

// paste takes pasted text: into a command that is typed, and nowhere else.
func (k *keyboard) paste(text []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.typing {
		k.say("pasted text gives no commands: press : first")
		return
	}
	k.at = k.now()
	for _, c := range text {
		if c < ' ' || c == keyDelete {
			c = ' '
		}
		if len(k.typed) < typedMost {
			k.typed = append(k.typed, c)
		}
	}
}

// type_ takes a key of a command that is typed.
func (k *keyboard) type_(ctx context.Context, key byte) {
	switch {
	case key == keyEscape:
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
	case key >= ' ' && len(k.typed) < typedMost:
		k.typed = append(k.typed, key)
	}
}

// typedCommand reads what was typed: a command's name, or its JSON.
func typedCommand(s string) (session.Command, error) {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "{") {
		return session.Command{Do: session.CommandKind(s)}, nil
	}
	cmd, err := api.ParseCommand([]byte(s))
	if err != nil {
		return cmd, fmt.Errorf("that is no command: %w", err)
	}
	return cmd, nil
}

// give gives a command and says what came of it. Commands are given in the order of
// their keys, each when the one before is answered. A stop waits for none: what was
// pressed before it and still waits is dropped, and what was under way already is
// followed by another stop.
func (k *keyboard) give(ctx context.Context, cmd session.Command) {
	if cmd.By == "" {
		cmd.By = k.by
	}
	if slices.Contains(stopping, cmd.Do) {
		again := k.busy && cmd.Do == session.CmdStop
		k.stops++
		if again {
			return // it is held
		}
		k.busy = true
		k.say(string(cmd.Do) + " …")
		go func() {
			k.tell(cmd, k.carryOut(ctx, cmd))
			k.mu.Lock()
			defer k.mu.Unlock()
			k.busy = false
		}()
		return
	}
	if k.queued >= waitMost {
		k.say("wait: what was pressed before is not answered yet")
		return
	}
	k.busy = false
	k.queued++
	k.say(string(cmd.Do) + " …")
	before, done, stops := k.last, make(chan struct{}), k.stops
	k.last = done
	go func() {
		defer close(done)
		if before != nil {
			<-before
		}
		var err error
		if k.stoppedSince(stops) {
			err = fmt.Errorf("%s was not given: the stop came first", cmd.Do)
		} else if err = k.carryOut(ctx, cmd); k.stoppedSince(stops) {
			_ = k.carryOut(ctx, session.Command{Do: session.CmdStop, By: k.by}) // whichever came first; the stop itself is told of
		}
		k.tell(cmd, err)
		k.mu.Lock()
		defer k.mu.Unlock()
		k.queued--
	}()
}

func (k *keyboard) stoppedSince(stops int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stops != stops
}

func (k *keyboard) carryOut(ctx context.Context, cmd session.Command) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err := k.do.Do(ctx, cmd)
	return err
}

// tell says what came of a command.
func (k *keyboard) tell(cmd session.Command, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var ref *session.RefusedError
	switch {
	case errors.As(err, &ref) && ref.Code == "no_person":
		k.say("who are you? Start the agent with --operator NAME")
	case errors.As(err, &ref):
		k.say(strings.TrimPrefix(ref.Error(), "session: "))
	case errors.Is(err, context.DeadlineExceeded):
		k.say(string(cmd.Do) + ": not on the disk after 10 s, and may yet be: look at the disk of this PC")
	case err != nil:
		k.say(err.Error())
	default:
		k.say(string(cmd.Do) + ": recorded")
	}
}

func (k *keyboard) say(s string) { k.said, k.saidAt = plain(s), k.now() }

// Lines are shown below the view: what is typed, or what came of it, and the keys.
func (k *keyboard) Lines() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	line := ""
	switch {
	case k.typing:
		text := []rune(plain(string(k.typed)))
		if n := len(text) - typedSeen; n > 0 {
			text = append([]rune("…"), text[n:]...)
		}
		return []string{"  : " + string(text) + "▏", "  Enter gives it · Esc drops it · two spaces STOP", "", ""}
	case k.said != "" && k.now().Sub(k.saidAt) < sayFor:
		line = "  " + k.said
	}
	return append([]string{line}, keyHelp...)
}
