package api_test

import (
	"net/http"
	"strings"
	"testing"

	"penlog/session"
)

// Each command either needs this start's secret, or is one of those for which
// nobody has to sign in.
func TestSignIn(t *testing.T) {
	s := serve(t)
	free := map[session.CommandKind]bool{session.CmdStop: true, session.CmdPause: true, session.CmdAbort: true, session.CmdAcknowledge: true, session.CmdMute: true}
	key, _ := secrets.Load(s.URL)
	for _, spec := range session.CommandSpecs() {
		body := `{"do":"` + string(spec.Do) + `","by":"op-1"}`
		for name, header := range map[string]string{"none": "", "a wrong one": "Bearer x", "the right one without Bearer": key.(string), "cut short": "Bearer " + key.(string)[:42]} {
			a := send(t, "POST", s.URL+"/v1/command", body, func(r *http.Request) {
				r.Header.Del("Authorization")
				if header != "" {
					r.Header.Set("Authorization", header)
				}
			})
			if got := a.Status != http.StatusUnauthorized || a.Error.Code != "sign_in"; got != free[spec.Do] {
				t.Errorf("%s with %s: %d %s", spec.Do, name, a.Status, a.Error.Code)
			}
		}
		if a := send(t, "POST", s.URL+"/v1/command", body, nil); a.Error.Code == "sign_in" {
			t.Errorf("%s signed in: %+v", spec.Do, a.Error)
		}
	}
	if len(key.(string)) < 40 {
		t.Errorf("a secret of %d characters", len(key.(string)))
	}
	other, _ := secrets.Load(serve(t).URL)
	if other == key {
		t.Error("two starts have one secret")
	}
}

func TestRepeatedRequestHappensOnce(t *testing.T) {
	s := serve(t)
	with := func(key string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Idempotency-Key", key) }
	}
	url := s.URL + "/v1/command"
	post := func(body, key string) answer { return send(t, "POST", url, body, with(key)) }
	open := `{"do":"open","by":"op-1"}`
	first := post(open, "k1")
	again := post(open, "k1")
	if first.Status != 200 || again.Status != 200 || len(again.Events) != 1 || again.View["session"] != first.View["session"] {
		t.Fatalf("first %+v, again %+v", first, again)
	}
	if a := post(open, "k2"); a.Error.Code != "session_open" {
		t.Errorf("another key: %+v", a)
	}
	if a := post(open, "k2"); a.Error.Code != "session_open" {
		t.Errorf("a refusal repeated: %+v", a)
	}
	if a := post(`{"do":"note","by":"op-1","text":"x"}`, "k1"); a.Status != 422 || a.Error.Code != "key_reused" {
		t.Errorf("the key for another command: %+v", a)
	}
	if a := post(open, strings.Repeat("k", 201)); a.Status != 400 {
		t.Errorf("an endless key: %+v", a)
	}
	// Many at once, one note.
	note := `{"do":"note","by":"op-1","text":"once"}`
	answers := make(chan answer)
	for range 8 {
		go func() { answers <- post(note, "k3") }()
	}
	for range 8 {
		if a := <-answers; a.Status != 200 || len(a.Events) != 1 {
			t.Errorf("one of eight: %+v", a)
		}
	}
	if got := send(t, "POST", url, `{"do":"note","by":"op-1","text":"last"}`, nil).View["events"]; got != 3.0 {
		t.Errorf("%v events recorded, want opened and two notes", got)
	}
}
