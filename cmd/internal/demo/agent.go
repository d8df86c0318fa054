package demo

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"penlog/session"
)

// technician is who gives the demo's commands.
const technician session.By = "demo technician"

// agent is the agent's process and its API.
type agent struct {
	*child
	url, secret string
	http        *http.Client
	stop        context.CancelFunc // of the stream
	wg          sync.WaitGroup
}

// wireEvent is an event as the API gives it.
type wireEvent struct {
	Kind  string          `json:"kind"`
	Event json.RawMessage `json:"event"`
}

// decode reads the event with the journal's own decoder.
func (e *wireEvent) decode() (session.Event, error) {
	body, err := json.Marshal(map[string]any{"source": session.SourceNone, "event": e.Event})
	if err != nil {
		return nil, err
	}
	ev, _, err := session.DecodeEvent(&session.Record{Kind: e.Kind, Body: body})
	return ev, err
}

func decodeEvents(in []wireEvent) ([]session.Event, error) {
	out := make([]session.Event, 0, len(in))
	for i := range in {
		e, err := in[i].decode()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// startAgent starts the agent and listens to it until it ends. Its events and
// views go to w; its end to ended.
func startAgent(ctx context.Context, w *world, prog Program, args []string, ready string, ended func(*agent)) (*agent, error) {
	os.Remove(ready)
	c, err := prog.start("agent", append(args, "--ready-file", ready), false)
	if err != nil {
		return nil, err
	}
	a := &agent{child: c, http: &http.Client{}}
	go c.wait()
	var file struct {
		HTTP   string `json:"http"`
		Secret string `json:"secret"`
	}
	t := time.NewTicker(5 * time.Millisecond)
	defer t.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for file.HTTP == "" {
		if b, err := os.ReadFile(ready); err == nil {
			if err := json.Unmarshal(b, &file); err != nil {
				c.kill()
				return nil, fmt.Errorf("demo: the agent's ready file: %w", err)
			}
			break
		}
		select {
		case <-t.C:
		case <-c.done:
			return nil, fmt.Errorf("demo: the agent did not start: %w", errors.Join(c.why(), errors.New(c.said.String())))
		case <-limit.C:
			c.kill()
			return nil, fmt.Errorf("demo: the agent was not ready after %v; it said: %s", patience, c.said.String())
		case <-ctx.Done():
			c.kill()
			return nil, ctx.Err()
		}
	}
	a.url, a.secret = file.HTTP, file.Secret
	streamCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = stop
	up := make(chan error, 1)
	a.wg.Go(func() {
		defer stop()
		a.stream(streamCtx, w, up)
	})
	a.wg.Go(func() {
		<-c.done
		stop()
		if ended != nil {
			ended(a)
		}
	})
	if err := <-up; err != nil {
		a.kill()
		a.wg.Wait()
		return nil, err
	}
	return a, nil
}

// stream follows what the agent shows until it ends. up hears once whether it began.
func (a *agent) stream(ctx context.Context, w *world, up chan<- error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url+"/v1/stream", nil)
	if err != nil {
		up <- err
		return
	}
	resp, err := a.http.Do(req)
	if err != nil {
		up <- fmt.Errorf("demo: the agent's stream: %w", err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		up <- fmt.Errorf("demo: the agent's stream: %s", resp.Status)
		return
	}
	up <- nil
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !ok {
			continue
		}
		var f struct {
			View   session.View `json:"view"`
			Events []wireEvent  `json:"events"`
			Missed int          `json:"missed"`
		}
		err := json.Unmarshal(data, &f)
		var events []session.Event
		if err == nil {
			events, err = decodeEvents(f.Events)
		}
		w.tell(func() {
			if err != nil {
				w.dead = fmt.Errorf("demo: the agent's stream can't be read: %w", err)
				return
			}
			w.show(&f.View)
			w.missed = f.Missed
			w.events = append(w.events, events...)
		})
	}
}

// do gives a command, and shows w what came of it. The events it led to are on
// the disk when it returns. A refusal is a *[session.RefusedError].
func (a *agent) do(ctx context.Context, w *world, cmd session.Command) ([]session.Event, error) {
	cmd.By = technician
	body, err := json.Marshal(cmd)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+"/v1/command", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+a.secret)
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("demo: %s: %w", cmd.Do, err)
	}
	defer resp.Body.Close()
	var r struct {
		Events []wireEvent           `json:"events"`
		View   *session.View         `json:"view"`
		Error  *session.RefusedError `json:"error"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		return nil, fmt.Errorf("demo: %s: the answer can't be read: %w", cmd.Do, err)
	}
	if r.Error != nil {
		return nil, r.Error
	}
	if r.View != nil {
		w.tell(func() { w.show(r.View) })
	}
	return decodeEvents(r.Events)
}

// metrics reads the agent's metrics: each series with its labels, as written.
func (a *agent) metrics(ctx context.Context) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("demo: metrics: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("demo: metrics: %w", err)
	}
	return parseMetrics(string(text)), nil
}

// parseMetrics reads Prometheus' text format, without timestamps.
func parseMetrics(text string) map[string]float64 {
	out := map[string]float64{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		i := strings.LastIndexByte(line, ' ')
		if i < 0 || line[0] == '#' {
			continue
		}
		if v, err := strconv.ParseFloat(line[i+1:], 64); err == nil {
			out[line[:i]] = v
		}
	}
	return out
}

// sum adds up all series of a metric.
func sum(m map[string]float64, name string) (total float64) {
	for k, v := range m {
		if k == name || strings.HasPrefix(k, name+"{") {
			total += v
		}
	}
	return total
}

// end ends the agent cleanly: it stops the pen and writes what is left.
func (a *agent) end() error {
	a.stop()
	err := a.child.end()
	a.wg.Wait()
	return err
}

// kill9 ends the agent as a crash does.
func (a *agent) kill9() {
	a.child.kill()
	a.wg.Wait()
}
