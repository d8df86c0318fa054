package live

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"penlog/session"
)

// Bounds of the agent's answers, and the patience with it.
const (
	answerMost  = 4 << 20 // bytes
	answerWait  = 5 * time.Second
	commandWait = 15 * time.Second // the agent itself gives up after 10 s
)

// ErrAgent is wrapped by errors that say that the agent can't be worked with.
var ErrAgent = errors.New("the agent")

func agentf(format string, args ...any) error {
	return fmt.Errorf("%w %w", ErrAgent, fmt.Errorf(format, args...))
}

// frame is what the stream tells at once, as far as it is used.
type frame struct {
	At     int64        `json:"at_us"`
	View   session.View `json:"view"`
	Events []wireEvent  `json:"events"`
}

// wireEvent is an event as the API gives it.
type wireEvent struct {
	Kind  string          `json:"kind"`
	Event json.RawMessage `json:"event"`
}

// decode reads an event with the journal's own decoder.
func (e *wireEvent) decode() (session.Event, error) {
	body, err := json.Marshal(map[string]any{"source": session.SourceNone, "event": e.Event})
	if err != nil {
		return nil, err
	}
	ev, _, err := session.DecodeEvent(&session.Record{Kind: e.Kind, Body: body})
	return ev, err
}

// answer is what became of a command.
type answer struct {
	View  *session.View         `json:"view"`
	Error *session.RefusedError `json:"error"`
}

// get reads one answer of the API.
func (r *Room) get(ctx context.Context, path string) (status int, body []byte, err error) {
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	return r.do(ctx, http.MethodGet, path, nil)
}

func (r *Room) do(ctx context.Context, method, path string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, r.cfg.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, agentf("has no such address: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.cfg.Secret != "" {
		req.Header.Set("Authorization", "Bearer "+r.cfg.Secret)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return 0, nil, agentf("at %s does not answer: is it running? (%w)", r.cfg.URL, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, answerMost))
	if err != nil {
		return 0, nil, agentf("at %s breaks off its answer: %w", r.cfg.URL, err)
	}
	return resp.StatusCode, b, nil
}

// view reads what the screen shows now.
func (r *Room) view(ctx context.Context) (session.View, error) {
	var v struct {
		session.View
		Events *int `json:"events"` // of every view: whatever else answers has none
	}
	status, b, err := r.get(ctx, "/v1/state")
	if err != nil {
		return v.View, err
	}
	if status != http.StatusOK || json.Unmarshal(b, &v) != nil || v.Events == nil {
		return v.View, agentf("is not what answers at %s (status %d): give the address that it prints, or --ready-file", r.cfg.URL, status)
	}
	v.View.Events = *v.Events
	return v.View, nil
}

// ask gives a command. A refusal is a *[session.RefusedError]; any other error wraps
// [ErrAgent], and whether the command was carried out is not known.
func (r *Room) ask(ctx context.Context, c session.Command) (*session.View, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return nil, agentf("can't be asked for %s: %w", c.Do, err)
	}
	ctx, stop := context.WithTimeout(ctx, commandWait)
	defer stop()
	status, b, err := r.do(ctx, http.MethodPost, "/v1/command", body)
	if err != nil {
		return nil, err
	}
	var a answer
	switch err := json.Unmarshal(b, &a); {
	case err != nil:
		return nil, agentf("answers %s with what can't be read (status %d): %w", c.Do, status, err)
	case status == http.StatusUnauthorized:
		return nil, agentf("does not know this secret: it is of each start, and in the ready file (%w)", a.Error)
	case a.Error != nil:
		return nil, a.Error
	case status != http.StatusOK:
		return nil, agentf("answers %s with status %d", c.Do, status)
	}
	return a.View, nil
}

// stream follows what the agent shows, and hands each frame on, until ctx ends or the
// agent does. It always returns an error.
func (r *Room) stream(ctx context.Context, tell func(at time.Time, f *frame, events []session.Event)) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.cfg.URL+"/v1/stream", nil)
	if err != nil {
		return agentf("has no such address: %w", err)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return agentf("at %s does not answer: is it running? (%w)", r.cfg.URL, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return agentf("gives no stream: %s", resp.Status)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, answerMost)
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !ok {
			continue
		}
		at := time.Now()
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			return agentf("streams what can't be read: %w: is it of another version?", err)
		}
		events := make([]session.Event, 0, len(f.Events))
		for i := range f.Events {
			e, err := f.Events[i].decode()
			if err != nil {
				return agentf("streams an event %q that can't be read: %w: is it of another version?", f.Events[i].Kind, err)
			}
			events = append(events, e)
		}
		tell(at, &f, events)
	}
	if err := lines.Err(); err != nil {
		return agentf("at %s is gone: its stream broke off (%w)", r.cfg.URL, err)
	}
	return agentf("at %s is gone: its stream ended", r.cfg.URL)
}
