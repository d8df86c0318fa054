package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

// taken collects what a terminal's bytes are taken for.
type taken struct {
	keys, pasted []byte
	text         bool
}

func (k *taken) paste(b []byte)  { k.pasted = append(k.pasted, b...) }
func (k *taken) typesText() bool { return k.text }
func (k *taken) press(_ context.Context, key byte) {
	k.keys = append(k.keys, key)
	k.text = key == ':' || k.text && key != '\r' && key != keyEscape
}

func TestKeystrokes(t *testing.T) {
	const far = "|" // time passes between two reads
	for _, tt := range []struct{ name, reads, keys, pasted string }{
		{"keys", "t|r| ", "tr ", ""},
		{"keys that come together", "r |nr", "r nr", ""},
		{"a key that is held", "        ", "        ", ""},
		{"arrows and function keys", "\x1b[A|\x1b[1;5C|\x1bOP|\x1b[[A|\x1b[15~|\x1b[3~|t", "t", ""},
		{"shifted arrows of one terminal", "\x1b[a|\x1bOb", "", ""},
		{"what a terminal reports", "\x1b[8;24;80t\x1b[0n\x1b[I", "", ""},
		{"Alt and a letter", "\x1bx|\x1bf", "", ""},
		{"escape alone", "\x1b|t", "\x1bt", ""},
		{"a sequence in two parts", "\x1b/[a|t", "\x1bt", ""},
		{"a space after an escape stops", "\x1b/ ", "\x1b ", ""},
		{"a sequence that never ends", "\x1b[|t", "t", ""},
		{"a space within a sequence stops", "\x1b[1 ", " ", ""},
		{"pasted", "\x1b[200~trx\rf \x1b[201~", "", "trx\rf "},
		{"pasted in parts", "\x1b[200~tr/x\r/\x1b[A t\x1b[201~|t", "t", "trx\r t"},
		{"pasted behind a colon", ":\x1b[200~{\"do\"}\x1b[201~\r", ":\r", "{\"do\"}"},
		{"pasting that never ends", "\x1b[200~tr|| ", " ", "tr"},
		{"pasted where the terminal does not say so", "treatment", "", "treatment"},
		{"pasted with a space", "the rest", " ", "the rest"},
		{"a command that is sent as a whole", ":open\r", ":open\r", ""},
		{"lines that are sent as a whole", ":open\rresume\r", ":open\r", "resume\r"},
	} {
		k := &taken{}
		s := keystrokes{to: k}
		at := time.Unix(1000, 0)
		for _, read := range strings.SplitAfter(strings.ReplaceAll(tt.reads, "/", far+"/"), far) {
			if rest, ok := strings.CutPrefix(read, "/"); ok {
				read = rest
			} else {
				at = at.Add(600 * time.Millisecond)
			}
			at = at.Add(time.Millisecond)
			if read = strings.TrimSuffix(read, far); read != "" && s.take(t.Context(), []byte(read), at) {
				t.Errorf("%s: taken for Ctrl-C", tt.name)
			}
		}
		if string(k.keys) != tt.keys || string(k.pasted) != tt.pasted {
			t.Errorf("%s: keys %q, pasted %q; want %q and %q", tt.name, k.keys, k.pasted, tt.keys, tt.pasted)
		}
	}
	for _, read := range []string{"\x03", "the rest\x03", "\x1b[\x03"} {
		if s := (keystrokes{to: &taken{}}); !s.take(t.Context(), []byte(read), time.Now()) {
			t.Errorf("%q is not taken for Ctrl-C", read)
		}
	}
}
