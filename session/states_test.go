package session_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"penlog/session"
)

var update = flag.Bool("update", false, "write the generated tables of STATES.md and HAZARDS.md anew")

// section compares, or with -update replaces, what lies between two marks of a
// document.
func section(t *testing.T, file, name, want string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+": begin -->\n", "<!-- "+name+": end -->"
	head, rest, ok := strings.Cut(string(b), begin)
	got, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no marks for %s", file, name)
	}
	if got == want {
		return
	}
	if !*update {
		t.Errorf("%s: the table %q is not what the code says; run go test ./session -update\n got:\n%s\nwant:\n%s", file, name, got, want)
		return
	}
	if err := os.WriteFile(file, []byte(head+begin+want+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestStatesDocumentIsTheMachine(t *testing.T) {
	var b strings.Builder
	b.WriteString("| state | permits |")
	for _, a := range session.Acts() {
		fmt.Fprintf(&b, " %v |", a)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(session.Acts())) + "\n")
	for _, s := range session.States() {
		permits := "never"
		if s.MayPermit() {
			permits = "yes"
		}
		fmt.Fprintf(&b, "| **%v** | %s |", s, permits)
		for _, a := range session.Acts() {
			to := "–"
			if n, ok := s.Next(a); ok {
				to = n.String()
			}
			fmt.Fprintf(&b, " %s |", to)
		}
		b.WriteString("\n")
	}
	section(t, "STATES.md", "machine", b.String())
}

// want is the machine written down apart from the code: for each state what the
// acts choose, refuse, arm, run, pause, lose, resume, trip, acknowledge, abort,
// finish and interrupt lead to, by first letters; I is interrupted, C completed.
var wantMachine = map[session.State]string{
	session.Draft:       "D D A - D D - T - X - I",
	session.Armed:       "A P - R P P - T - X C -",
	session.Active:      "A P - R P P - T - X C -",
	session.Paused:      "P P - - P P A T - X C I",
	session.Tripped:     "- - - - T T - T P X - I",
	session.Completed:   "- - - - - - - - - - - -",
	session.Aborted:     "- - - - - - - - - - - -",
	session.Interrupted: "- - - - - - - - - - - -",
}

func TestEveryStateAndAct(t *testing.T) {
	letter := map[string]session.State{"D": session.Draft, "A": session.Armed, "R": session.Active, "P": session.Paused,
		"T": session.Tripped, "C": session.Completed, "X": session.Aborted, "I": session.Interrupted}
	for _, s := range session.States() {
		row := strings.Fields(wantMachine[s])
		for i, a := range session.Acts() {
			to, ok := s.Next(a)
			want, wantOK := letter[row[i]]
			if ok != wantOK || ok && to != want {
				t.Errorf("%v, %v: %v %v, want %s", s, a, to, ok, row[i])
			}
		}
		if got, want := s.MayPermit(), s == session.Armed || s == session.Active; got != want {
			t.Errorf("%v may permit: %v", s, got)
		}
		var back session.State
		text, _ := s.MarshalText()
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%v reads back as %v, %v", s, back, err)
		}
	}
	if session.State(0) != session.Draft || session.Draft.MayPermit() {
		t.Error("the zero state is not the safe one")
	}
}

// The document lists every command with what it takes, who gives it, and why it is refused.
func TestStatesDocumentListsTheCommands(t *testing.T) {
	var b strings.Builder
	b.WriteString("| command | what | takes (**needs**) | who | after the end | refused with |\n|---|---|---|---|---|---|\n")
	all := refusals()
	for _, s := range session.CommandSpecs() {
		var takes, codes []string
		for _, f := range s.Takes {
			if slices.Contains(s.Needs, f) {
				f = "**" + f + "**"
			}
			takes = append(takes, f)
		}
		for _, r := range all {
			if code := "`" + r.code + "`"; r.cmd.Do == s.Do && !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
		who, after := "a person", "–"
		switch {
		case s.Open:
			who = "anybody"
		case s.Role > 0:
			who = "a " + s.Role.String()
		}
		if s.After {
			after = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", s.Do, s.Words, strings.Join(takes, ", "), who, after, strings.Join(codes, " "))
	}
	section(t, "STATES.md", "commands", b.String())
}
