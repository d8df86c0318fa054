package api_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"penlog/cmd/internal/agent"
	"penlog/cmd/internal/api"
	"penlog/device"
	"penlog/session"
)

// What two readers could understand differently, or nobody can, is no command.
func TestHostileCommandsAreRefused(t *testing.T) {
	s := serve(t)
	deep := strings.Repeat(`[`, 30_000)
	for _, body := range []string{
		``, `null`, `[]`, `1`, `"stop"`, `true`, `{}`, `{`, `{"do"}`, `{"do":"stop"`, `{"do":"stop"}}`, `{"do":"stop"} {"do":"abort"}`, `{"do":"stop"}x`,
		`{"do":5}`, `{"do":["stop"]}`, `{"do":{"stop":1}}`, `{"do":"Stop"}`, `{"do":" stop"}`, `{"do":""}`,
		`{"do":"stop","do":"abort"}`, `{"do":"abort","do":"stop"}`, `{"Do":"stop"}`, `{"DO":"stop","do":"abort"}`, `{"do":"stop","ſession":null}`,
		`{"do":"open","by":"op-1","patient":"a","patient":"b"}`, `{"do":"consent","by":"op-1","consent":{"version":"1","version":"2","photo":false,"off_label":false}}`,
		"{\"do\":\"open\",\"by\":\"op-1\",\"patient\":\"a\xff\"}", "\xef\xbb\xbf{\"do\":\"stop\"}", "{\"do\":\"st\x00op\"}",
		`{"do":"choose","by":"op-1","zone":"cheek","indication":"striae","wanted_um":1e99}`, `{"do":"choose","by":"op-1","zone":"cheek","indication":"striae","wanted_um":0.5}`,
		`{"do":"choose","by":"op-1","zone":"cheek","indication":"striae","wanted_um":2147483648}`, `{"do":"correct","by":"op-1","seq":-1,"text":"x"}`,
		`{"do":"note","by":"op-1","text":7}`, `{"do":"plan","by":"op-1","plan":{}}`, `{"do":"plan","by":"op-1","plan":` + deep, `{"do":"note","by":"op-1","history":{}}`,
		`{"do":"stop","session":"x"}`, `{"do":"stop","session":"01a2066a-4535-7636-92ca-a642872dd246-"}`,
	} {
		if a := send(t, "POST", s.URL+"/v1/command", body, nil); a.Status != 400 || a.Error.Code == "" || a.Error.Words == "" || a.Error.Remedy == "" {
			t.Errorf("%.80q: %+v", body, a)
		}
	}
	if a := send(t, "POST", s.URL+"/v1/command", `{"do":"plan","by":"op-1","plan":`+deep, nil); !strings.Contains(a.Error.Words, "too deep") {
		t.Errorf("very deep: %+v", a)
	}
	if a := send(t, "POST", s.URL+"/v1/command", `{"do":"open","by":"op-1","patient":"\u00fc"}`, nil); a.Status != 200 {
		t.Errorf("after all that: %+v", a)
	}
	for _, body := range []string{`{"do":"screen","by":"op-1","rest":"maybe"}`, `{"do":"mute","text":"x"}`} {
		if a := send(t, "POST", s.URL+"/v1/command", body, nil); a.Status < 400 || a.Status >= 500 || a.Error.Words == "" {
			t.Errorf("%s: %+v", body, a)
		}
	}
}

// A stranger has no record read, and does not learn which sessions there are.
func TestStrangersReadNoSession(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	before, end := idleAt(t, dir)
	opened, err := before.Do(t.Context(), session.Command{Do: session.CmdOpen, By: "op-1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.Do(t.Context(), session.Command{Do: session.CmdAbort}); err != nil {
		t.Fatal(err)
	}
	end()
	a, _ := idleAt(t, dir)
	s := httptest.NewServer(api.New(a, "test"))
	t.Cleanup(s.Close)
	past, url := opened.View.Session.String(), s.URL+"/v1/command"
	known := 0
	for _, do := range []string{"stop", "pause", "abort", "acknowledge", "mute"} {
		ask := func(id string) answer { return send(t, "POST", url, `{"do":"`+do+`","session":"`+id+`"}`, nil) }
		there, not := ask(past), ask("01a2066a-4535-7636-92ca-a642872dd246")
		if there.Status != 409 || not.Status != 409 {
			t.Errorf("%s of a session that is over: %+v, %+v", do, there, not)
		}
		if there.Error != not.Error {
			known++
		}
	}
	if known > 0 {
		t.Errorf("%d commands tell strangers whether a session is there", known)
	}
}

// Strangers are refused in words, as everybody is.
func TestRefusalsOfStrangersHaveWords(t *testing.T) {
	s := serve(t)
	for code, edit := range map[string]func(*http.Request){
		"unknown_host": func(r *http.Request) { r.Host = "localhost.evil.example" },
		"cross_origin": func(r *http.Request) { r.Header.Set("Origin", "null") },
	} {
		if a := send(t, "POST", s.URL+"/v1/command", `{"do":"stop"}`, edit); a.Error.Code != code || a.Error.Remedy == "" {
			t.Errorf("%s: %+v", code, a)
		}
	}
}

// Nobody fills the memory of answers so that a stop, or who has signed in, does not
// get through.
func TestManyKeysHoldNobodyUp(t *testing.T) {
	s := serve(t)
	url := s.URL + "/v1/command"
	keyed := func(key string, signed bool) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Idempotency-Key", key)
			if !signed {
				r.Header.Del("Authorization")
			}
		}
	}
	for i := range 1100 {
		if a := send(t, "POST", url, `{"do":"stop"}`, keyed(fmt.Sprint("stranger", i), false)); a.Error.Code != "no_session" {
			t.Fatalf("stop %d: %+v", i, a)
		}
	}
	if a := send(t, "POST", url, `{"do":"open","by":"op-1"}`, keyed("mine", true)); a.Status != 200 {
		t.Errorf("after many stops: %+v", a)
	}
	full := 0
	for i := range 1100 {
		if a := send(t, "POST", url, `{"do":"open","by":"op-1"}`, keyed(fmt.Sprint("own", i), true)); a.Status == 429 && a.Error.Code == "too_many" {
			full++
		}
	}
	if full == 0 {
		t.Error("keys without end are remembered")
	}
	if a := send(t, "POST", url, `{"do":"open","by":"op-1"}`, keyed("mine", true)); a.Status != 200 {
		t.Errorf("the first answer is forgotten: %+v", a)
	}
	if a := send(t, "POST", url, `{"do":"stop"}`, keyed("stop now", false)); a.Status != 200 {
		t.Errorf("a stop when no key can be remembered: %+v", a)
	}
}

// slowDisk is an agent whose disk hangs from hang to mend, and its API. end ends
// what requests are served under, as a program that ends does.
func slowDisk(t *testing.T) (served *api.Server, post func(body string) answer, hang, mend, end func()) {
	t.Helper()
	addr, err := device.ParseAddress("tcp://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	slow, let := make(chan struct{}), make(chan struct{})
	a, err := agent.New(t.Context(), agent.Config{Addr: addr, Dir: filepath.Join(t.TempDir(), "record"), Version: "test", Log: slog.New(slog.DiscardHandler),
		Stall: func() {
			select {
			case <-slow:
				<-let
			default:
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	served = api.New(a, "test")
	s := httptest.NewUnstartedServer(served)
	base, end := context.WithCancel(context.Background())
	s.Config.BaseContext = func(net.Listener) context.Context { return base }
	s.Start()
	secrets.Store(s.URL, served.Secret())
	t.Cleanup(func() {
		s.Close()
		end()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	post = func(body string) answer {
		return send(t, "POST", s.URL+"/v1/command", body, func(r *http.Request) { r.Header.Set("Idempotency-Key", body) })
	}
	return served, post, func() { close(slow) }, func() { close(let) }, end
}

// A command whose answer did not come in time is not given again with its key.
func TestLateAnswerIsNotGivenTwice(t *testing.T) {
	served, post, hang, mend, _ := slowDisk(t)
	post(`{"do":"open","by":"op-1"}`)
	served.SetWait(100 * time.Millisecond)
	hang()
	note := `{"do":"note","by":"op-1","text":"once"}`
	if a := post(note); a.Status != 503 || a.Error.Code != "record_slow" {
		t.Errorf("while the disk hangs: %+v", a)
	}
	if a := post(note); a.Status != 503 || a.Error.Code != "unanswered" {
		t.Errorf("again while the disk hangs: %+v", a)
	}
	mend()
	served.SetWait(20 * time.Second)
	a := post(note)
	if a.Status != 200 || len(a.Events) != 1 || a.View["events"] != 2.0 {
		t.Errorf("once the disk works: %+v", a)
	}
}

// Who waits for an answer while the agent ends hears what became of the command.
func TestAnswerComesThoughTheServerEnds(t *testing.T) {
	_, post, hang, mend, end := slowDisk(t)
	post(`{"do":"open","by":"op-1"}`)
	hang()
	time.AfterFunc(100*time.Millisecond, end)
	time.AfterFunc(200*time.Millisecond, mend)
	if a := post(`{"do":"note","by":"op-1","text":"x"}`); a.Status != 200 {
		t.Errorf("%+v", a)
	}
}

// A stream takes no more than its share of connections, and one that nobody reads
// ends by itself.
func TestStreamsAreBounded(t *testing.T) {
	s := serve(t)
	open := func() (net.Conn, int) {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		io.WriteString(c, "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		var status int
		if _, err := fmt.Fscanf(c, "HTTP/1.1 %d ", &status); err != nil {
			t.Fatal(err)
		}
		return c, status
	}
	var first net.Conn
	for i := range 32 {
		c, status := open()
		if status != 200 {
			t.Fatalf("stream %d: status %d", i+1, status)
		}
		if first == nil {
			first = c
		}
	}
	if _, status := open(); status != 503 {
		t.Errorf("one stream more: status %d", status)
	}
	if a := send(t, "POST", s.URL+"/v1/command", `{"do":"open","by":"op-1"}`, nil); a.Status != 200 {
		t.Errorf("a command beside the streams: %+v", a)
	}
	first.Close()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, status := open(); status == 200 {
			break
		} else if c.Close(); time.Now().After(end) {
			t.Fatal("no stream is open though one was closed")
		}
	}
}

// smallBuffers is a listener whose connections hold little that nobody reads.
type smallBuffers struct{ net.Listener }

func (l smallBuffers) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		err = c.(*net.TCPConn).SetWriteBuffer(4096)
	}
	return c, err
}

func TestStreamThatNobodyReadsEnds(t *testing.T) {
	a := idle(t)
	served := api.New(a, "test")
	if h := served.HTTP(); h.WriteTimeout <= 0 || h.ReadTimeout <= 0 || h.ReadHeaderTimeout <= 0 || h.IdleTimeout <= 0 {
		t.Errorf("a client may take its time: %+v", h)
	}
	s := httptest.NewUnstartedServer(nil)
	s.Config, s.Listener = served.HTTP(), smallBuffers{s.Listener}
	s.Start()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	for range 20 {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.(*net.TCPConn).SetReadBuffer(4096)
		io.WriteString(c, "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	for most, end := 0, time.Now().Add(60*time.Second); ; time.Sleep(20 * time.Millisecond) {
		n := served.Streams()
		if most = max(most, n); most == 20 && n == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d streams of 20 are open to clients that never read", n)
		}
		begun := time.Now()
		if _, err := a.Do(t.Context(), session.Command{Do: session.CmdStop}); err == nil || time.Since(begun) > 10*time.Second {
			t.Fatalf("beside them a stop took %v: %v", time.Since(begun), err)
		}
	}
}
