package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/live"
	"penlog/cmd/internal/campaign/script"
	"penlog/session"
)

// fake is what answers in the place of an agent.
type fake struct {
	mu     sync.Mutex
	view   session.View
	asked  []session.CommandKind
	refuse *session.RefusedError
	status int // of answers to commands that are refused
	stream string
	blank  bool // what it says of its state is nothing
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch r.URL.Path {
	case "/v1/state":
		if f.blank {
			fmt.Fprint(w, "{}")
			return
		}
		_ = json.NewEncoder(w).Encode(f.view)
	case "/v1/stream":
		fmt.Fprint(w, f.stream)
	case "/v1/command":
		var c session.Command
		_ = json.NewDecoder(r.Body).Decode(&c)
		f.asked = append(f.asked, c.Do)
		if c.Do == session.CmdAbort && f.refuse == nil {
			f.view.Open = false
			_ = json.NewEncoder(w).Encode(map[string]any{"view": f.view})
			return
		}
		ref := f.refuse
		if ref == nil {
			ref = &session.RefusedError{Code: "missing_field", Words: "choose needs a zone", Remedy: "give it"}
		}
		w.WriteHeader(max(f.status, http.StatusBadRequest))
		_ = json.NewEncoder(w).Encode(map[string]any{"error": ref})
	}
}

// faked serves a fake agent that reads the port at a path.
func faked(t *testing.T, change func(f *fake)) (*fake, live.Config) {
	t.Helper()
	cfg := live.Config{Secret: "s", PTY: filepath.Join(t.TempDir(), "pen")}
	f := &fake{}
	f.view.Host.Port = "serial://" + cfg.PTY
	change(f)
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	cfg.URL = s.URL
	return f, cfg
}

func TestWhatStandsInTheWayIsSaidAtOnce(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(f *fake)
		config func(c *live.Config)
		is     error
		want   string
	}{
		{"no address", nil, func(c *live.Config) { c.URL = "localhost:9477" }, live.ErrConfig, "http://127.0.0.1:9477"},
		{"no scheme that is one", nil, func(c *live.Config) { c.URL = "ftp://x" }, live.ErrConfig, "no address of an agent"},
		{"no pen", nil, func(c *live.Config) { c.PTY = "" }, live.ErrConfig, "--pty PATH"},
		{"a name of the system's", nil, func(c *live.Config) { c.PTY = "/dev/ttyUSB0" }, live.ErrConfig, "real pen"},
		{"no secret", nil, func(c *live.Config) { c.Secret = "" }, live.ErrConfig, "--ready-file"},
		{"nobody there", nil, func(c *live.Config) { c.URL = "http://127.0.0.1:1" }, live.ErrAgent, "is it running?"},
		{"another program", nil, func(c *live.Config) { c.URL += "/elsewhere" }, live.ErrAgent, "is not what answers"},
		{"another program that knows the path", func(f *fake) { f.blank = true }, nil, live.ErrAgent, "is not what answers"},
		{"another port", func(f *fake) { f.view.Host.Port = "serial:///tmp/other" }, nil, live.ErrAgent, "reads serial:///tmp/other"},
		{"no port", func(f *fake) { f.view.Host.Port = "none" }, nil, live.ErrAgent, "start it with --port serial://"},
		{"any port", func(f *fake) { f.view.Host.Port = "auto" }, nil, live.ErrAgent, "start it with --port serial://"},
		{"another secret", func(f *fake) { f.status, f.refuse = http.StatusUnauthorized, &session.RefusedError{Code: "sign_in"} }, nil, live.ErrAgent, "secret"},
		{"a session is open", func(f *fake) { f.view.Open, f.view.Simulated = true, true }, nil, live.ErrAgent, "--abort-open"},
		{"a session that is not simulated", func(f *fake) { f.view.Open = true }, func(c *live.Config) { c.AbortOpen = true }, live.ErrAgent, "nothing here touches it"},
		{"a session that can't be aborted", func(f *fake) {
			f.view.Open, f.view.Simulated = true, true
			f.refuse = &session.RefusedError{Code: "x", Words: "it is stuck"}
		}, func(c *live.Config) { c.AbortOpen = true }, nil, "it is stuck"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, cfg := faked(t, func(f *fake) {
				if tt.change != nil {
					tt.change(f)
				}
			})
			if tt.config != nil {
				tt.config(&cfg)
			}
			_, err := live.Open(t.Context(), cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if tt.name == "a session that is not simulated" && len(f.asked) > 0 && f.asked[len(f.asked)-1] == session.CmdAbort {
				t.Error("it was aborted")
			}
		})
	}
}

func TestASessionLeftOpenIsAbortedWhenThatIsWanted(t *testing.T) {
	f, cfg := faked(t, func(f *fake) { f.view.Open, f.view.Simulated = true, true })
	cfg.AbortOpen = true
	if _, err := live.Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if n := len(f.asked); n == 0 || f.asked[n-1] != session.CmdAbort || f.view.Open {
		t.Errorf("asked %v", f.asked)
	}
}

// What an agent says that is none of ours, or cut off, is told in words.
func TestAStreamThatCantBeRead(t *testing.T) {
	for _, tt := range []struct{ stream, want string }{
		{"", "its stream ended"},
		{"data: {\"view\": 7}\n\n", "can't be read"},
		{"data: {\"view\":{\"session\":\n", "can't be read"},
		{"data: {\"events\":[{\"kind\":\"never_heard_of\",\"event\":{}}]}\n\n", `"never_heard_of"`},
		{"data: " + strings.Repeat("[", 5<<20), "broke off"},
	} {
		_, cfg := faked(t, func(f *fake) { f.stream = tt.stream })
		r, err := live.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Play(t.Context(), brief(t, ""), campaign.Options{})
		if !errors.Is(err, live.ErrAgent) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40q: %v, want %q", tt.stream, err, tt.want)
		}
	}
}

func TestNobodyElsesPenIsPushedAside(t *testing.T) {
	_, cfg := faked(t, func(f *fake) { f.view.Host.PortOpen = true })
	r, err := live.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Second) // nobody waits longer for it to be taken out
	defer stop()
	if _, err = r.Play(ctx, brief(t, ""), campaign.Options{}); !errors.Is(err, live.ErrAgent) || !strings.Contains(err.Error(), "has a pen at") {
		t.Errorf("where a pen is already: %v", err)
	}
}

// Whatever can't be done to an agent is refused with the step and the reason, and
// before anything is done.
func TestImpossible(t *testing.T) {
	for _, tt := range []struct{ step, want string }{
		{"press", ""},
		{"stuck-sensor for 2s", ""},
		{"clear other-name", ""},
		{"ask pause", ""},
		{"agent-killed", "step 1: agent-killed is done to the agent's PC"},
		{"disk-full for 2s", "step 1: disk-full is done to the agent's PC"},
		{"wall-clock", "step 1: wall-clock is done"},
		{"pc-check clock bad", "beside Penlog"},
		{"alter-record", "beside Penlog"},
		{"other-name", "another name"},
	} {
		d, err := script.ParseDeed(tt.step)
		if err != nil {
			t.Fatal(err)
		}
		s := &script.Script{Steps: []script.Step{{Do: []script.Deed{d}}}}
		if why := live.Impossible(s); (why == "") != (tt.want == "") || !strings.Contains(why, tt.want) {
			t.Errorf("%s: %q, want %q", tt.step, why, tt.want)
		}
	}
	if why := live.Impossible(&script.Script{Pen: script.NoPen}); !strings.Contains(why, "no link") {
		t.Errorf("without a link: %q", why)
	}
	if why := live.Impossible(&script.Script{Steps: []script.Step{{Expect: []script.Expect{{What: script.ExpectFound}}}}}); !strings.Contains(why, "alteration") {
		t.Errorf("an alteration: %q", why)
	}
	if why := live.Impossible(&script.Script{Wall: time.Unix(1, 0)}); !strings.Contains(why, "clock") {
		t.Errorf("a moment of its own: %q", why)
	}
	_, cfg := faked(t, func(*fake) {})
	r, err := live.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Play(t.Context(), brief(t, "  - do: [agent-killed]\n"), campaign.Options{}); err == nil || !strings.Contains(err.Error(), "step 1: agent-killed") {
		t.Errorf("played: %v", err)
	}
	all, err := script.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	can, not := live.Possible(all)
	if len(can)+len(not) != len(all) || len(can) < 40 || len(not) < 5 {
		t.Errorf("%d can be played and %d not, of %d: %q", len(can), len(not), len(all), not)
	}
}
