package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"penlog/cmd/internal/campaign"
	"penlog/cmd/internal/campaign/live"
	"penlog/cmd/internal/campaign/script"
	"penlog/session"
)

// liveFlags are those of `pensim run` that name an agent that runs.
type liveFlags struct {
	url, ready, secretFile, pty string
	technician, clinician       string
	abortOpen                   bool
}

// secretName is the environment variable that the agent's secret may be in.
const secretName = "PENLOG_SECRET"

func (f *liveFlags) flags(c *cobra.Command) {
	fs := c.Flags()
	fs.StringVar(&f.url, "live", "", "in real time, against the agent whose API is at `URL`")
	fs.StringVar(&f.ready, "ready-file", "", "against the agent that wrote this `FILE`: its address, secret, port and record are in it")
	fs.StringVar(&f.secretFile, "secret-file", "", "with --live: the agent's secret is in `FILE`, or else in "+secretName)
	fs.StringVar(&f.pty, "pty", "", "with --live: make `PATH` a link to the pen's terminal; the agent was started with --port serial://PATH")
	fs.StringVar(&f.technician, "technician", string(campaign.ByTechnician), "live: who works at the screen, by the `ID` in the agent's clinic file")
	fs.StringVar(&f.clinician, "clinician", string(campaign.ByClinician), "live: who the clinician of scenarios is, likewise an `ID`")
	fs.BoolVar(&f.abortOpen, "abort-open", false, "live: abort a simulated session that was left open, instead of refusing")
	c.MarkFlagsMutuallyExclusive("virtual", "live")
	c.MarkFlagsMutuallyExclusive("virtual", "ready-file")
}

// on reports whether an agent was named.
func (f *liveFlags) on() bool { return f.url != "" || f.ready != "" }

// check refuses flags that say nothing without an agent.
func (f *liveFlags) check(c *cobra.Command) error {
	if f.on() {
		return nil
	}
	for _, name := range []string{"secret-file", "pty", "technician", "clinician", "abort-open"} {
		if c.Flags().Changed(name) {
			return usagef("--%s is for playing live: name the agent with --live URL or --ready-file FILE", name)
		}
	}
	return nil
}

// args are the flags that name the same agent again.
func (f *liveFlags) args() []string {
	var out []string
	add := func(name, value, usual string) {
		if value != usual {
			out = append(out, name, value)
		}
	}
	add("--live", f.url, "")
	add("--ready-file", f.ready, "")
	add("--secret-file", f.secretFile, "")
	add("--pty", f.pty, "")
	add("--technician", f.technician, string(campaign.ByTechnician))
	add("--clinician", f.clinician, string(campaign.ByClinician))
	return out
}

// config gathers what is known of the agent.
func (f *liveFlags) config() (live.Config, error) {
	cfg := live.Config{URL: f.url, PTY: f.pty, Technician: session.By(f.technician), Clinician: session.By(f.clinician), AbortOpen: f.abortOpen,
		Secret: os.Getenv(secretName)}
	if f.ready != "" {
		b, err := readSmall(f.ready)
		if err != nil {
			return cfg, fmt.Errorf("no agent: %w: is it running?", err)
		}
		var m struct {
			HTTP   string `json:"http"`
			Port   string `json:"port"`
			Dir    string `json:"dir"`
			Secret string `json:"secret"`
		}
		if err := json.Unmarshal(b, &m); err != nil || m.HTTP == "" || m.Secret == "" {
			return cfg, fmt.Errorf("%s is no ready file of penlog agent", f.ready)
		}
		if path, serial := strings.CutPrefix(m.Port, "serial://"); serial && f.pty == "" {
			cfg.PTY = path
		}
		if f.url == "" {
			cfg.URL = m.HTTP
		}
		cfg.Secret, cfg.Dir = m.Secret, m.Dir
	}
	if f.secretFile != "" {
		b, err := readSmall(f.secretFile)
		if err != nil {
			return cfg, fmt.Errorf("no secret: %w", err)
		}
		cfg.Secret = strings.TrimSpace(string(b))
	}
	return cfg, nil
}

// readSmall reads a file of no more than 64 KiB.
func readSmall(path string) ([]byte, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, 64<<10))
}

// possible keeps what can be played live, and says what is left out. One scenario
// alone that can't be is refused.
func possible(chosen []*script.Script, out io.Writer) (can []*script.Script, left int, err error) {
	can, not := live.Possible(chosen)
	if len(can) == 0 {
		return nil, 0, usagef("nothing of what was chosen can be played against an agent that runs:\n  %s\nplay it in virtual time, without --live and --ready-file", strings.Join(not, "\n  "))
	}
	for _, why := range not {
		fmt.Fprintf(out, "left  %s\n", why)
	}
	return can, len(not), nil
}

// open looks at the agent and returns what plays against it.
func (f *liveFlags) open(ctx context.Context) (func(context.Context, *script.Script, campaign.Options) (campaign.Result, error), error) {
	cfg, err := f.config()
	if err != nil {
		return nil, err
	}
	room, err := live.Open(ctx, cfg)
	if errors.Is(err, live.ErrConfig) {
		return nil, usagef("%w", err)
	} else if err != nil {
		return nil, err
	}
	return room.Play, nil
}
