//go:build unix

package simpen_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/term"

	"penlog/cmd/internal/replay"
	"penlog/cmd/internal/simpen"
	"penlog/device/capture"
	"penlog/protocol"
	"penlog/session"
)

// recorded loads a capture of the core's own tests.
func recorded(t *testing.T, name string) *replay.Capture {
	t.Helper()
	all, err := replay.Load([]string{filepath.Join("..", "replay", "testdata", name+capture.Suffix)})
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// played plays a capture and has host open the pen's terminal; it returns what came
// of it once both are done.
func played(t *testing.T, cfg simpen.ReplayConfig, host func(ctx context.Context, tty *os.File)) (simpen.ReplayReport, error) {
	t.Helper()
	dir, err := os.MkdirTemp("", "pen")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	cfg.PTY = filepath.Join(dir, "pen")
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var hosts sync.WaitGroup
	cfg.Ready = func(m simpen.Ready) {
		tty, err := os.OpenFile(m.Device, os.O_RDWR, 0)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := term.MakeRaw(int(tty.Fd())); err != nil {
			t.Error(err)
		}
		hosts.Go(func() { host(ctx, tty) })
	}
	r, err := simpen.Replay(ctx, cfg)
	stop()
	hosts.Wait()
	return r, err
}

// The very bytes, as fast as they are read.
func TestReplayVerbatim(t *testing.T) {
	c := recorded(t, "noise")
	var want []byte
	for i := range c.Records {
		if c.Records[i].Kind == capture.KindRead {
			want = append(want, c.Records[i].Bytes...)
		}
	}
	var got bytes.Buffer
	r, err := played(t, simpen.ReplayConfig{Capture: c, Verbatim: true}, func(_ context.Context, tty *os.File) {
		defer tty.Close()
		io.CopyN(&got, tty, int64(len(want)))
	})
	if err != nil || r.Lost != 0 {
		t.Fatalf("%v, %d bytes lost", err, r.Lost)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%d bytes came, want %d, the same", got.Len(), len(want))
	}
	if n := len(r.Recorded.Ceilings); n != 2 || r.Host.Frames[protocol.TypeHello] != 0 {
		t.Errorf("report %+v", r)
	}
}

// A reader that takes its time gets the last byte too: the terminal goes, and with it
// what lies in it unread, only when nothing does.
func TestReplayWaitsForItsReader(t *testing.T) {
	c := recorded(t, "noise")
	all := 0
	for i := range c.Records {
		if c.Records[i].Kind == capture.KindRead {
			all += len(c.Records[i].Bytes)
		}
	}
	const rest = 1000
	got := 0
	_, err := played(t, simpen.ReplayConfig{Capture: c, Verbatim: true}, func(ctx context.Context, tty *os.File) {
		defer tty.Close()
		n, _ := io.CopyN(io.Discard, tty, int64(all-rest))
		select {
		case <-ctx.Done():
			t.Error("it ended before all was read")
		case <-time.After(200 * time.Millisecond): // it has had its chance
		}
		m, _ := io.CopyN(io.Discard, tty, rest)
		got = int(n + m)
	})
	if err != nil || got != all {
		t.Errorf("%d bytes of %d came, %v", got, all, err)
	}
}

// A core that is live takes the recorded pen for its own: it comes up, proves itself
// and has the ceiling confirmed that it sets. The recorded pen waits for nobody: on a
// PC that is too busy to keep up with it, it is played again.
func TestReplayAnswersALiveHost(t *testing.T) {
	var wrong []string
	for range 8 {
		if wrong = answersALiveHost(t); len(wrong) == 0 {
			return
		}
	}
	t.Error(strings.Join(wrong, "\n"))
}

// answersALiveHost plays it once and says what was wrong.
func answersALiveHost(t *testing.T) (wrong []string) {
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	c := recorded(t, "host-killed")
	var kinds []session.NoteKind
	replies := 0
	r, err := played(t, simpen.ReplayConfig{Capture: c, Speed: 1}, func(ctx context.Context, tty *os.File) {
		defer tty.Close()
		begun := time.Now()
		wanted := false
		conn := uint32(0)
		var dec protocol.Decoder
		hot := session.NewHot(session.HotConfig{Seed: [32]byte{9}, Emit: func(n *session.Note) bool {
			if n.Kind != session.NoteReading {
				kinds = append(kinds, n.Kind)
			}
			if n.Kind == session.NoteUp {
				conn = n.Conn
			}
			return true
		}})
		read := make(chan []byte)
		go func() {
			defer close(read)
			for {
				b := make([]byte, 1024)
				n, err := tty.Read(b)
				if err != nil {
					return
				}
				read <- b[:n]
			}
		}()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			now := protocol.Instant(time.Since(begun).Microseconds())
			select {
			case <-ctx.Done():
				tty.Close()
				for range read {
				}
				return
			case b, ok := <-read:
				if !ok {
					return
				}
				var f protocol.Frame
				for rest, ok := b, true; ok; {
					if rest, ok = dec.Next(rest, &f); ok && f.Type == protocol.TypeSyncReply {
						replies++
					}
				}
				hot.Receive(b, now)
			case <-tick.C:
			}
			if hot.Mode() == session.ModeGuarded && hot.Host().Proven() && !wanted {
				wanted = true
				hot.Do(session.Order{Kind: session.OrderLease, Until: 1 << 50}, now)
				hot.Do(session.Order{Kind: session.OrderWant, Ceiling: 1000, Allow: true, Conn: conn}, now)
			}
			hot.Tick(now, protocol.At(now), true)
			var o protocol.Outgoing
			for hot.Output(&o) {
				tty.Write(o.Bytes())
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []session.NoteKind{session.NoteUp, session.NoteMode} {
		if !slices.Contains(kinds, want) {
			bad("the host heard %v, want %v among them", kinds, want)
		}
	}
	if replies < 3 {
		bad("%d questions for the time were answered", replies)
	}
	if r.Host.Frames[protocol.TypeHello] == 0 || r.Host.Frames[protocol.TypeSync] == 0 || r.Host.Frames[protocol.TypePermit] == 0 {
		bad("the host sent %v", r.Host.Frames)
	}
	if len(r.Host.Ceilings) < 2 || r.Host.Ceilings[0] != protocol.TrialCeiling || r.Host.Ceilings[1] != 1000 || !slices.Equal(r.Recorded.Ceilings, r.Host.Ceilings[:2]) {
		bad("ceilings %v, recorded %v", r.Host.Ceilings, r.Recorded.Ceilings)
	}
	var out strings.Builder
	if err := r.Write(&out); err != nil || !strings.Contains(out.String(), "of the recorded one:   test, 1.00 mm\n") {
		bad("%v: %s", err, out.String())
	}
	return wrong
}

// A capture with nobody to play it for ends with words.
func TestReplayEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	ready := make(chan struct{})
	go func() { <-ready; stop() }()
	_, err := simpen.Replay(ctx, simpen.ReplayConfig{Capture: recorded(t, "treatment"), PTY: "-", Speed: 1, Ready: func(simpen.Ready) { close(ready) }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Replay() = %v", err)
	}
	if _, err := simpen.Replay(t.Context(), simpen.ReplayConfig{Capture: &replay.Capture{}, PTY: "-"}); err == nil {
		t.Error("an empty capture was played")
	}
}

// At full speed nobody who reads is nobody.
func TestReplayAtFullSpeedNeedsAReader(t *testing.T) {
	c := recorded(t, "treatment")
	for range 6 { // more than the system holds for a reader
		c.Records = append(c.Records, c.Records...)
	}
	_, err := simpen.Replay(t.Context(), simpen.ReplayConfig{Capture: c, PTY: "-", Verbatim: true})
	if !errors.Is(err, simpen.ErrNobody) {
		t.Errorf("Replay() = %v, want %v", err, simpen.ErrNobody)
	}
}

func TestReplayCommandRefuses(t *testing.T) {
	file := filepath.Join("..", "replay", "testdata", "treatment"+capture.Suffix)
	other := filepath.Join("..", "replay", "testdata", "exported-session"+capture.Suffix)
	for _, tt := range []struct {
		args []string
		say  string
	}{
		{nil, "name the capture's files"},
		{[]string{file}, "give --pty PATH"},
		{[]string{file, "--pty", "-", "--speed", "0"}, "want 0.01 to 10000, or max"},
		{[]string{file, "--pty", "-", "--speed", "NaN"}, "want 0.01 to 10000, or max"},
		{[]string{file, other, "--pty", "-"}, "of 2 captures"},
		{[]string{file, "--sped", "2"}, "unknown flag"},
	} {
		cmd := simpen.ReplayCommand()
		cmd.SetArgs(tt.args)
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		if err := cmd.ExecuteContext(t.Context()); !errors.Is(err, simpen.ErrUsage) || !strings.Contains(err.Error(), tt.say) {
			t.Errorf("%q: %v, want usage with %q", tt.args, err, tt.say)
		}
	}
	cmd := simpen.ReplayCommand()
	cmd.SetArgs([]string{"nowhere.pencap", "--pty", "-"})
	if err := cmd.ExecuteContext(t.Context()); err == nil || errors.Is(err, simpen.ErrUsage) {
		t.Errorf("a file that is not there: %v", err)
	}
}
