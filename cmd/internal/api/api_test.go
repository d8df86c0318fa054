package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/api"
	"penlog/device"
	"penlog/session/limits"
)

// secrets are those of the servers, by URL.
var secrets sync.Map

// idle starts an agent whose pen is not there.
func idle(t *testing.T) *agent.Agent {
	t.Helper()
	a, _ := idleAt(t, filepath.Join(t.TempDir(), "record"))
	return a
}

// idleAt starts one on a folder; end ends it, and at the latest the test does.
func idleAt(t *testing.T, dir string) (a *agent.Agent, end func()) {
	t.Helper()
	addr, err := device.ParseAddress("tcp://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	a, err = agent.New(t.Context(), agent.Config{Addr: addr, Dir: dir, Limits: limits.Default(),
		Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	end = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(end)
	return a, end
}

// serve starts an agent whose pen is not there, and its API.
func serve(t *testing.T) *httptest.Server {
	t.Helper()
	a := idle(t)
	s := httptest.NewUnstartedServer(nil)
	served := api.New(a, "test")
	s.Config = served.HTTP()
	s.Start()
	secrets.Store(s.URL, served.Secret())
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// Idle connections may not use up the files that the pen's port needs.
func TestConnectionsAreBounded(t *testing.T) {
	s := serve(t)
	const most = 64
	var open []net.Conn
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	answered := func(c net.Conn) bool {
		c.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			return false
		}
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err == nil {
			io.Copy(io.Discard, r.Body)
			r.Body.Close()
		}
		return err == nil
	}
	dial := func() net.Conn {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		return c
	}
	for i := range most {
		if !answered(dial()) {
			t.Fatalf("connection %d of %d is not served", i+1, most)
		}
	}
	if answered(dial()) {
		t.Errorf("connection %d is served", most+1)
	}
	open[0].Close()
	for end := time.Now().Add(20 * time.Second); !answered(dial()); {
		if time.Now().After(end) {
			t.Fatal("no new connection is served though an old one was closed")
		}
	}
}

// answer is what the tests look at of a result.
type answer struct {
	Status int `json:"-"`
	Events []struct {
		Kind  string
		Event struct{ By string }
	}
	View  map[string]any
	Error struct{ Code, Words, Remedy string }
}

func send(t *testing.T, method, url, body string, edit func(*http.Request)) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key, ok := secrets.Load(r.URL.Scheme + "://" + r.URL.Host); ok {
		r.Header.Set("Authorization", "Bearer "+key.(string))
	}
	if edit != nil {
		edit(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{Status: resp.StatusCode}
	if method == "POST" && strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(b, &a); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
	}
	return a
}

func TestCommandsAreAnsweredWithEventsOrARefusalInWords(t *testing.T) {
	s := serve(t)
	for _, tt := range []struct {
		name, body string
		status     int
		kinds      string // of the events
		code       string // of the refusal
	}{
		{"before a session", `{"do":"arm","by":"op-1"}`, 409, "", "no_session"},
		{"nobody named", `{"do":"open"}`, 409, "", "no_person"},
		{"a field too many", `{"do":"open","by":"op-1","zone":"cheek"}`, 400, "", "unexpected_field"},
		{"two commands", `{"do":"open","by":"op-1"}{"do":"open","by":"op-1"}`, 400, "", "bad_request"},
		{"no JSON", `open`, 400, "", "bad_request"},
		{"unknown field", `{"do":"open","who":"op-1"}`, 400, "", "bad_request"},
		{"unknown zone", `{"do":"choose","by":"op-1","zone":"elbow"}`, 400, "", "bad_request"},
		{"too large", `{"do":"note","text":"` + strings.Repeat("x", 70<<10) + `"}`, 400, "", "bad_request"},
		{"open", `{"do":"open","by":"op-1"}`, 200, "opened", ""},
		{"open twice", `{"do":"open","by":"op-1"}`, 409, "", "session_open"},
		{"offered", `{"do":"choose","by":"op-1","zone":"cheek","indication":"acne_scar_rolling"}`, 200, "zone_chosen", ""},
		{"not offered", `{"do":"choose","by":"op-1","zone":"periorbital","indication":"acne_scar_rolling"}`, 200, "zone_refused", ""},
		{"without a pen", `{"do":"arm","by":"op-1"}`, 409, "", "checks_failed"},
		{"no such command", `{"do":"fly","by":"op-1"}`, 400, "", "unknown_command"},
		{"nothing tripped", `{"do":"acknowledge","by":"op-1"}`, 409, "", "wrong_state"},
		{"abort for no reason there is", `{"do":"abort","code":"boredom"}`, 409, "", "bad_value"},
		{"abort, by whoever is nearest", `{"do":"abort","code":"patients_wish"}`, 200, "ended", ""},
	} {
		a := send(t, "POST", s.URL+"/v1/command", tt.body, nil)
		var kinds []string
		for _, e := range a.Events {
			kinds = append(kinds, e.Kind)
		}
		if a.Status != tt.status || strings.Join(kinds, " ") != tt.kinds || a.Error.Code != tt.code {
			t.Errorf("%s: %+v", tt.name, a)
		}
		if a.Status != 200 && a.Error.Words == "" {
			t.Errorf("%s: a refusal without words", tt.name)
		}
	}
}

func TestStrangersAreRefused(t *testing.T) {
	s := serve(t)
	body := `{"do":"open","by":"op-1"}`
	for name, edit := range map[string]func(*http.Request){
		"a name that points here": func(r *http.Request) { r.Host = "evil.example:80" },
		"a page of another site":  func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") },
		"a cross-site fetch":      func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
	} {
		if a := send(t, "POST", s.URL+"/v1/command", body, edit); a.Status < 400 {
			t.Errorf("%s: status %d", name, a.Status)
		}
	}
	if a := send(t, "POST", s.URL+"/v1/command", body, func(r *http.Request) { r.Host = "localhost" }); a.Status != 200 {
		t.Errorf("localhost: status %d", a.Status)
	}
}

func TestHealthReadinessAndMetrics(t *testing.T) {
	s := serve(t)
	for path, want := range map[string]int{"/healthz": 200, "/metrics": 200, "/v1/state": 200, "/nothing": 404} {
		if a := send(t, "GET", s.URL+path, "", nil); a.Status != want {
			t.Errorf("GET %s: status %d, want %d", path, a.Status, want)
		}
	}
	for {
		if a := send(t, "GET", s.URL+"/readyz", "", nil); a.Status == 200 {
			return // it says so once the record is being written
		}
	}
}

func TestStreamShowsWhatHappens(t *testing.T) {
	s := serve(t)
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() {
		t.Fatal("no first view")
	}
	send(t, "POST", s.URL+"/v1/command", `{"do":"open","by":"op-1"}`, nil)
	frame := schema(t, "Frame")
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if err := valid(t, frame, []byte(data)); err != nil {
				t.Error(err)
			}
		}
		if strings.Contains(lines.Text(), `"kind":"opened"`) && strings.HasPrefix(lines.Text(), "data: ") {
			return
		}
	}
	t.Error("the stream ended without the event")
}
