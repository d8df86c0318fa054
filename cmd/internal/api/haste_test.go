package api_test

import (
	"net/http"
	"strings"
	"testing"

	"penlog/session"
	"penlog/session/limits"
)

// A stop that is refused before it is a command stops the pen all the same, and a name
// that nobody vouches for is not recorded.
func TestHasteStopsThePen(t *testing.T) {
	d := openClinic(t)
	d.visit("p-01", serial(1))
	d.choose(limits.Cheek, limits.Left)
	d.dial(1000)
	d.arm()
	url := d.url + "/v1/command"
	send(t, "POST", url, `{"do":"mute"}`, func(r *http.Request) { r.Header.Set("Idempotency-Key", "used") })
	for name, tt := range map[string]struct {
		body string
		key  string
		code string
	}{
		"cut in half":       {`{"do":"stop"`, "", "bad_request"},
		"an unknown field":  {`{"do": "abort", "now": true}`, "", "bad_request"},
		"a key of another":  {`{"do":"pause"}`, "used", "key_reused"},
		"a key of no bound": {`{"do":"stop"}`, strings.Repeat("k", 300), "bad_request"},
	} {
		d.press(true)
		a := send(t, "POST", url, tt.body, func(r *http.Request) {
			if tt.key != "" {
				r.Header.Set("Idempotency-Key", tt.key)
			}
		})
		if a.Error.Code != tt.code {
			t.Errorf("%s: %+v", name, a)
		}
		if v := d.until(name+" stops", func(v session.View) bool { return !v.MotorOn && !v.Ready }); v.State != session.Paused {
			t.Errorf("%s: %v", name, v.State)
		}
		d.ready(session.CmdResume)
	}
	a := send(t, "POST", url, `{"do":"stop","by":"dr-1"}`, nil)
	if a.Status != 200 || len(a.Events) == 0 || a.Events[0].Event.By != string(session.Unnamed) {
		t.Errorf("a stop in another's name: %+v", a)
	}
}
