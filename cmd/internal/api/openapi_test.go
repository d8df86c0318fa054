package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"penlog/cmd/internal/api"
	"penlog/session"
)

var update = flag.Bool("update", false, "write openapi.json anew")

func TestDocumentIsTheCode(t *testing.T) {
	want, err := json.MarshalIndent(api.Document(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	got, err := os.ReadFile("openapi.json")
	if err == nil && bytes.Equal(got, want) {
		return
	}
	if !*update {
		t.Fatal("openapi.json is not what the code says: go test ./cmd/internal/api -run Document -update, and look at the difference")
	}
	if err := os.WriteFile("openapi.json", want, 0o644); err != nil {
		t.Fatal(err)
	}
}

// schema is one of the document's, as a validator.
func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	b, err := json.Marshal(api.Document())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("openapi.json#/components/schemas/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, body []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

// asDocumented holds a command that is taken, and its answer, against the document.
func (d *clinicDay) asDocumented(command, result []byte) {
	d.t.Helper()
	if err := valid(d.t, d.result, result); err != nil {
		d.t.Errorf("the answer to %s: %v", command, err)
	}
	if err := valid(d.t, d.command, command); err != nil && bytes.HasPrefix(result, []byte(`{"events"`)) {
		d.t.Errorf("taken: %s: %v", command, err)
	}
}

// What the agent really answers is what the document says it answers.
func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	s := serve(t)
	result, view := schema(t, "Result"), schema(t, "View")
	raw := func(method, path, body string) []byte {
		t.Helper()
		r, _ := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		key, _ := secrets.Load(s.URL)
		r.Header.Set("Authorization", "Bearer "+key.(string))
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return b
	}
	for _, body := range []string{`{"do":"arm","by":"op-1"}`, `{"do":"open","by":"op-1","patient":"p"}`, `{"do":"screen","by":"op-1","rest":"no"}`,
		`{"do":"choose","by":"op-1","zone":"cheek","indication":"acne_scar_rolling"}`, `{"do":"arm","by":"op-1"}`, `{"do":"nonsense"}`, `x`, `{"do":"abort"}`} {
		if err := valid(t, result, raw("POST", "/v1/command", body)); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	if err := valid(t, view, raw("GET", "/v1/state", "")); err != nil {
		t.Error(err)
	}
	if got := raw("GET", "/v1/openapi.json", ""); !json.Valid(got) || !bytes.Contains(got, []byte(`"3.1.0"`)) {
		t.Errorf("served: %.100s", got)
	}
	if !bytes.Contains(raw("GET", "/v1/questions", ""), []byte("isotretinoin")) || !json.Valid(raw("GET", "/v1/cartridges", "")) {
		t.Error("questions or cartridges are missing")
	}
}

// Every command is in the document, with the fields that the code takes and needs.
func TestDocumentKnowsEveryCommand(t *testing.T) {
	command := schema(t, "Command")
	for _, spec := range session.CommandSpecs() {
		body := map[string]any{"do": spec.Do, "by": "op-1"}
		for _, f := range spec.Needs {
			body[f] = example(t, f)
		}
		b, _ := json.Marshal(body)
		if err := valid(t, command, b); err != nil {
			t.Errorf("%s: %v", b, err)
		}
		for _, f := range spec.Needs {
			delete(body, f)
			b, _ := json.Marshal(body)
			if valid(t, command, b) == nil {
				t.Errorf("%s passes without %s", b, f)
			}
			body[f] = example(t, f)
		}
		if !slices.Contains(spec.Takes, "delta") {
			body["delta"] = 1
			b, _ := json.Marshal(body)
			if valid(t, command, b) == nil {
				t.Errorf("%s passes with a field that it does not take", b)
			}
		}
	}
}

func example(t *testing.T, field string) any {
	t.Helper()
	var out any
	for f, text := range map[string]string{
		"describe": `{"phototype":2}`, "plan": `[{"zone":"cheek","indication":"acne_scar_rolling"}]`, "code": `"faint"`, "text": `"x"`, "consent": `{"version":"1","photo":false,"off_label":false}`,
		"anaesthetic": `{"step":"none"}`, "product": `{"name":"gel","sterile":true,"purpose":"glide"}`, "cartridge": `{"scan":"x","pack_intact":true}`, "mode": `"manual"`,
		"pen": `{"vendor":"v","model":"m","depth_max_um":2000}`, "zone": `"cheek"`, "area_mm2": `900`, "indication": `"striae"`, "side": `"left"`, "value_um": `2000`,
		"entry": `{"passes":1}`, "endpoint": `{"sign":"none"}`, "to": `"op-2"`, "outcome": `{"reaction":"red","settled":true}`,
		"aftercare": `{"leaflet_version":"1","verbal_check":true,"emergency_contact":true}`, "follow_up": `{"on":"2026-01-02","findings":"x"}`,
		"adverse": `{"type":"x","severity":"mild"}`, "seq": `1`, "patient": `"p"`, "second": `"op-2"`, "meaning": `"performed"`} {
		if f == field {
			if err := json.Unmarshal([]byte(text), &out); err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	panic(fmt.Sprintf("no example of %q", field))
}
