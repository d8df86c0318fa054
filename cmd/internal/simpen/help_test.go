package simpen

import (
	"encoding/json"
	"strings"
	"testing"
)

// Each example in the help is a control, and each control is in the help.
func TestHelpNamesEveryControl(t *testing.T) {
	shown := map[string]bool{}
	for line := range strings.Lines(controlHelp) {
		for d := strings.TrimSpace(line); strings.HasPrefix(d, "{"); {
			var c Control
			dec := json.NewDecoder(strings.NewReader(d))
			if err := dec.Decode(&c); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if err := c.Check(); err != nil {
				t.Errorf("%s: %v", line, err)
			}
			shown[c.Do] = true
			d = strings.TrimSpace(d[dec.InputOffset():])
		}
	}
	for w := range words {
		if !shown[w] {
			t.Errorf("the help has no %q", w)
		}
	}
}
