package session_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/limits"
	"penlog/session/passes"
)

func verdict() limits.Verdict {
	return limits.Default().Ask(limits.Request{Zone: limits.Cheek, Indication: limits.AcneScarRolling, PenMin: 250, PenMax: 2500, PenStep: 250})
}

// samples are one event of each kind with each field filled.
func samples() []session.Event {
	v, by := verdict(), session.By("op <1> & ‘two’")
	return []session.Event{
		session.Opened{By: by, Agent: "1", Table: "t", Hash: "h", Patient: "p"},
		session.PenUp{Vendor: "v", Model: "m", Serial: "s", Firmware: "f", Boot: 1<<32 - 1, Simulated: true, DepthSource: "measured",
			DepthMin: 1, DepthMax: 2, DepthStep: 3, Accuracy: 4, NeedleLength: 5, NeedleCount: 6, StopMS: 7, ReadingRate: 8},
		session.PenDown{},
		session.ModeChanged{Mode: session.ModeStoppable},
		session.ZoneChosen{By: by, Verdict: v, Higher: true, To: session.Paused},
		session.ZoneRefused{By: by, Verdict: limits.Default().Ask(limits.Request{Zone: limits.Periorbital, Indication: limits.AcneScarRolling}), To: session.Paused},
		session.CartridgeSeen{Length: 1500, Verdict: &v, To: session.Armed},
		session.EntriesDropped{Entries: 9, Why: "w"},
		session.ArmedEvent{By: by, Verdict: v},
		session.CeilingConfirmed{Generation: 65535, Ceiling: 2500},
		session.PressTested{Event: 1<<32 - 1},
		session.PenActed{ID: 1, What: "button", Arg: 2, Tick: 1<<32 - 1},
		session.MotorRan{Strokes: 1<<32 - 1, Unseen: true},
		session.MotorRested{Strokes: 1, Above: 2, Deepest: 3, Unseen: true},
		session.RuleBroke{Rule: session.DepthAboveCeiling, Response: session.Trip, Value: 1, Limit: 2, MotorOn: true, To: session.Tripped},
		session.RuleHealed{Rule: session.BatteryLow, Response: session.Advisory},
		session.StopSeen{TookUS: 1 << 40},
		session.Acknowledged{By: by, Rule: session.PenFault},
		session.PausedEvent{By: session.Agent, Why: "link lost", To: session.Paused},
		session.ResumedEvent{By: by, Verdict: v},
		session.Noted{By: by, Text: "a\nb\u2028\"c\" <d>"},
		session.SignalGap{Readings: 9, Why: "w"},
		session.Ended{By: by, As: session.Completed, Why: "w", SignalSeq: 3, SignalHead: session.Hash{1, 2}, Totals: session.Totals{
			Strokes: 1 << 60, Above: 2, Runs: 3, Deepest: 4, Holds: 5, Trips: 6,
			Zones: []session.ZoneTotal{{Place: session.Place{Zone: limits.Cheek, Indication: limits.AcneScarRolling}, Ceiling: 1, Strokes: 2, Above: 3, Deepest: 4}}}},
	}
}

func TestEachKindOfEventRoundTrips(t *testing.T) {
	left := session.Decoders()
	all := samples()
	for _, e := range session.Events() { // each field of each kind
		v := reflect.New(reflect.TypeOf(e)).Elem()
		fillAll(v)
		all = append(all, v.Interface().(session.Event))
	}
	for _, e := range all {
		if i := slices.Index(left, e.Kind()); i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
		a, err := session.EncodeEvent(e, session.SourceSimulator)
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := session.EncodeEvent(e, session.SourceSimulator); !bytes.Equal(a, b) {
			t.Errorf("%s: other bytes the second time", e.Kind())
		}
		back, src, err := session.DecodeEvent(&session.Record{Kind: e.Kind(), Body: a})
		if err != nil || src != session.SourceSimulator {
			t.Errorf("%s: %v, source %q", e.Kind(), err, src)
			continue
		}
		if d := cmp.Diff(e, back); d != "" {
			t.Errorf("%s reads back another:\n%s", e.Kind(), d)
		}
		if b, _ := session.EncodeEvent(back, src); !bytes.Equal(a, b) {
			t.Errorf("%s: what was read back is not the same bytes", e.Kind())
		}
	}
	if len(left) != 0 {
		t.Errorf("no sample of %v", left)
	}
}

// fillAll gives every field that is recorded a value that is not its zero.
func fillAll(v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *passes.Depths:
		x.Add(1480, 3)
		return
	case *passes.Course:
		*x = passes.Course{{Axis: 1, N: 4}, {N: 2, Lift: 300}}
		return
	case *cartridge.Date:
		*x = cartridge.Date{Year: 2027, Month: 2, Day: 28}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				fillAll(v.Field(i))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillAll(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillAll(v.Index(0))
	case reflect.Array:
		for i := range v.Len() {
			fillAll(v.Index(i))
		}
	case reflect.String:
		v.SetString("a <b> \u2028")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	default:
		panic(v.Type().String())
	}
}

// Every type with a Kind method has a decoder.
func TestEveryEventHasADecoder(t *testing.T) {
	files, err := filepath.Glob("event*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Name.Name != "Kind" || fn.Recv == nil {
				continue
			}
			lit := fn.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.BasicLit)
			kind, _ := strconv.Unquote(lit.Value)
			if n++; !slices.Contains(session.Decoders(), kind) {
				t.Errorf("no decoder for %q", kind)
			}
		}
	}
	if n != len(session.Decoders()) {
		t.Errorf("%d kinds, %d decoders", n, len(session.Decoders()))
	}
}

func TestUnknownKindIsAnError(t *testing.T) {
	_, src, err := session.DecodeEvent(&session.Record{Seq: 7, Kind: "teleported", Body: []byte(`{"source":"pen","event":{}}`)})
	if err == nil || !strings.Contains(err.Error(), "newer") || !strings.Contains(err.Error(), "7") || src != session.SourcePen {
		t.Errorf("error %v, source %q", err, src)
	}
	for _, body := range []string{"", "null x", `{"source":1}`, `{"source":"pen","event":[]}`} {
		if _, _, err := session.DecodeEvent(&session.Record{Kind: "noted", Body: []byte(body)}); err == nil {
			t.Errorf("%q was read as an event", body)
		}
	}
}

func TestRuleWords(t *testing.T) {
	acts := []string{"Lift", "Turn", "Wait", "Look", "Check", "Take", "Charge"}
	codes := map[string]bool{}
	for _, r := range session.Rules() {
		w := r.Words()
		if w.Act == "" || w.Cause == "" || w.Remedy == "" || r.When() == "" {
			t.Errorf("%v lacks words: %+v", r, w)
		}
		first, _, _ := strings.Cut(strings.TrimRight(w.Act, ","), " ")
		if !slices.Contains(acts, strings.TrimRight(first, ",")) {
			t.Errorf("%v: %q begins with no act", r, w.Act)
		}
		if !strings.HasPrefix(w.String(), w.Act) {
			t.Errorf("%v: the alarm does not begin with the act", r)
		}
		for _, s := range []string{w.Act, w.Cause, w.Remedy} {
			for _, no := range []string{"arm ", "permit", "trip", "ceiling", "  "} {
				if strings.Contains(strings.ToLower(s), no) {
					t.Errorf("%v: %q uses %q, which is no screen word", r, s, no)
				}
			}
			if strings.HasSuffix(s, ".") {
				t.Errorf("%v: %q ends with a stop of its own", r, s)
			}
		}
		trips := r.Respond(session.ModeGuarded, 2) == session.Trip
		if trips && w.Priority < session.PriorityMedium {
			t.Errorf("%v trips with priority %v", r, w.Priority)
		}
		code := r.String()
		if codes[code] || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") != "" || code == "none" {
			t.Errorf("code %q is taken or not snake_case", code)
		}
		codes[code] = true
		var back session.Rule
		if err := back.UnmarshalText([]byte(code)); err != nil || back != r {
			t.Errorf("%q reads back as %v, %v", code, back, err)
		}
	}
	if got := session.Rule(0).Respond(session.ModeGuarded, 2); got != session.Trip {
		t.Errorf("a rule that nobody filled in: %v, want a trip", got)
	}
	if got := session.Rule(200).Respond(session.Mode(77), 9); got != session.Trip {
		t.Errorf("a cell that does not exist: %v, want a trip", got)
	}
}
