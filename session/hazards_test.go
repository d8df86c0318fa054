package session_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"penlog/protocol"
	"penlog/session"
)

func TestHazardsPrintTheGuardsTable(t *testing.T) {
	letters := map[session.Response]string{session.Trip: "T", session.Hold: "H", session.Alarm: "A", session.Advisory: "C", session.NotApplicable: "–"}
	var b strings.Builder
	b.WriteString("| rule | guarded | stoppable | monitor only | manual | broken when |\n|---|---|---|---|---|---|\n")
	for _, r := range session.Rules() {
		fmt.Fprintf(&b, "| %v |", r)
		for _, m := range []session.Mode{session.ModeGuarded, session.ModeStoppable, session.ModeMonitor, session.ModeManual} {
			for _, s := range []protocol.DepthSource{protocol.DepthMeasured, protocol.DepthSet, protocol.DepthManual} {
				fmt.Fprintf(&b, " %s", letters[r.Respond(m, s)])
			}
			b.WriteString(" |")
		}
		fmt.Fprintf(&b, " %s |\n", r.When())
	}
	section(t, "HAZARDS.md", "rules", b.String())
}

func TestHazardsNameTestsThatExist(t *testing.T) {
	doc, err := os.ReadFile("HAZARDS.md")
	if err != nil {
		t.Fatal(err)
	}
	exist := map[string]bool{}
	named := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range named.FindAllSubmatch(b, -1) {
			exist[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ids, mentioned := map[string]bool{}, map[string]bool{}
	for _, line := range strings.Split(string(doc), "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if !regexp.MustCompile(`^[A-Z]\d+$`).MatchString(cells[0]) {
			continue
		}
		if len(cells) != 6 {
			t.Errorf("row %s has %d columns, want 6", cells[0], len(cells))
			continue
		}
		if ids[cells[0]] {
			t.Errorf("two rows %s", cells[0])
		}
		ids[cells[0]] = true
		for _, name := range strings.Split(cells[4], ", ") {
			if !exist[name] {
				t.Errorf("row %s names %q, which is no test of this repository", cells[0], name)
			}
		}
		for _, m := range strings.Split(cells[5], ", ") {
			mentioned[m] = true
		}
	}
	if len(ids) < 25 {
		t.Errorf("%d rows read", len(ids))
	}
	for _, r := range session.Rules() {
		if !mentioned[r.String()] {
			t.Errorf("no hazard names the rule %v", r)
		}
		delete(mentioned, r.String())
	}
	for n := 1; n <= 10; n++ {
		if p := fmt.Sprintf("P%d", n); !mentioned[p] {
			t.Errorf("no hazard names promise %d", n)
		} else {
			delete(mentioned, p)
		}
	}
	for m := range mentioned {
		t.Errorf("%q is neither a rule nor a promise", m)
	}
	if !strings.Contains(string(doc), "wrong zone selected** (H1) — *residual risk") {
		t.Error("'wrong zone selected' is not named as a residual risk")
	}
}
