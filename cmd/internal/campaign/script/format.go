package script

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// String says when the step is and what it does, on one line.
func (s *Step) String() string {
	var when, do []string
	if s.At > 0 {
		when = append(when, "at "+s.At.String())
	}
	if w := s.When.String(); w != "" {
		when = append(when, "when "+w)
	}
	if s.After > 0 {
		when = append(when, "after "+s.After.String())
	}
	for i := range s.Do {
		do = append(do, s.Do[i].String())
	}
	return strings.TrimPrefix(strings.Join(when, ", ")+": "+strings.Join(do, ", "), ": ")
}

// String writes the sentence that a scenario file has of it.
func (t Treat) String() string {
	out := []string{t.Zone.String()}
	if t.Side.Valid() {
		out = append(out, t.Side.String())
	}
	out = append(out, t.Indication.String())
	if t.Depth > 0 {
		out = append(out, mm(t.Depth))
	}
	if t.Passes > 1 {
		out = append(out, strconv.Itoa(t.Passes), "passes")
	}
	if t.In.Valid() {
		out = append(out, "in", t.In.String())
	}
	return strings.Join(out, " ")
}

// plain are texts that need no quotes in YAML.
var plain = regexp.MustCompile(`^[a-z][a-z0-9_.+ -]*[a-z0-9]$`)

func quoted(s string) string {
	if plain.MatchString(s) && s != "true" && s != "false" && s != "null" && s != "yes" && s != "no" && s != "on" && s != "off" {
		return s
	}
	return strconv.Quote(s)
}

// YAML writes the script as [Load] reads it. [Script.Name] is not part of a file.
func (s *Script) YAML() []byte {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, quoted(value))
		}
	}
	items := func(indent, key string, list []string) {
		if len(list) == 0 {
			return
		}
		fmt.Fprintf(&b, "%s%s:\n", indent, key)
		for _, item := range list {
			fmt.Fprintf(&b, "%s  - %s\n", strings.ReplaceAll(indent, "-", " "), quoted(item))
		}
	}
	line("format", Format)
	line("title", s.Title)
	line("about", s.About)
	if len(s.Hazards) > 0 {
		fmt.Fprintf(&b, "hazards: [%s]\n", strings.Join(s.Hazards, ", "))
	}
	line("source", s.Source)
	if s.Seed != 0 {
		line("seed", strconv.FormatUint(s.Seed, 10))
	}
	line("for", s.Length.String())
	line("pen", s.Pen)
	if s.Drift != 0 {
		line("drift", strconv.FormatInt(s.Drift, 10)+"ppm")
	}
	if s.Uptime != 0 {
		line("uptime", (time.Duration(s.Uptime) * time.Microsecond).String())
	}
	if s.Set != 0 {
		line("dial", mm(s.Set))
	}
	line("hand", s.Hand)
	if s.Technician != Follows {
		line("technician", s.Technician.String())
	}
	if !s.Wall.IsZero() {
		line("wall", s.Wall.UTC().Format(time.RFC3339Nano))
	}
	items("", "treat", texts(s.Treat))
	if len(s.Steps) > 0 {
		b.WriteString("steps:\n")
	}
	for i := range s.Steps {
		t := &s.Steps[i]
		mark := "  - "
		field := func(key, value string) {
			fmt.Fprintf(&b, "%s%s: %s\n", mark, key, quoted(value))
			mark = "    "
		}
		if t.At > 0 {
			field("at", t.At.String())
		}
		if w := t.When.String(); w != "" {
			field("when", w)
		}
		if t.After > 0 {
			field("after", t.After.String())
		}
		if len(t.Do) > 0 {
			items(mark, "do", texts(t.Do))
			mark = "    "
		}
		items(mark, "expect", texts(t.Expect))
	}
	items("", "expect", texts(s.Expect))
	return []byte(b.String())
}

func texts[T fmt.Stringer](list []T) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].String()
	}
	return out
}
