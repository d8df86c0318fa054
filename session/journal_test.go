package session_test

import (
	"errors"
	"reflect"
	"testing"

	"penlog/protocol"
	"penlog/session"
)

func chainOf(n int) (out []session.Record) {
	c := session.Chain{Session: session.ID{1}}
	for i := range n {
		body, _ := session.EncodeEvent(session.Noted{By: "op", Text: string(rune('a' + i))}, session.SourcePen)
		r := session.Record{At: protocol.At(1000 + i), Mono: protocol.Instant(i), Kind: "noted", Body: body}
		c.Seal(&r)
		out = append(out, r)
	}
	return out
}

func checkAll(records []session.Record) error {
	c := session.Chain{Session: session.ID{1}}
	for i := range records {
		if err := c.Check(&records[i]); err != nil {
			return err
		}
	}
	return nil
}

// corrupt changes one byte of any field of v, for each byte of each field.
func corrupt(v any, f func(field string)) {
	s := reflect.ValueOf(v).Elem()
	for i := range s.NumField() {
		x, name := s.Field(i), s.Type().Field(i).Name
		switch x.Kind() {
		case reflect.Int64:
			for bit := range 64 {
				was := x.Int()
				x.SetInt(was ^ 1<<bit)
				f(name)
				x.SetInt(was)
			}
		case reflect.Uint64, reflect.Uint32:
			for bit := range x.Type().Bits() {
				was := x.Uint()
				x.SetUint(was ^ 1<<bit)
				f(name)
				x.SetUint(was)
			}
		case reflect.String:
			was := x.String()
			for _, s := range []string{was + "x", was[1:], "x" + was[1:], ""} {
				x.SetString(s)
				f(name)
			}
			x.SetString(was)
		case reflect.Array, reflect.Slice:
			for j := range x.Len() {
				was := x.Index(j).Uint()
				x.Index(j).SetUint(was ^ 1)
				f(name)
				x.Index(j).SetUint(was)
			}
		default:
			panic("a field of kind " + x.Kind().String() + " is not tested")
		}
	}
}

func TestAnyChangedByteOfARecordIsFound(t *testing.T) {
	records := chainOf(4)
	if err := checkAll(records); err != nil {
		t.Fatal(err)
	}
	for i := range records {
		corrupt(&records[i], func(field string) {
			if err := checkAll(records); !errors.Is(err, session.ErrChain) {
				t.Errorf("record %d, %s changed: %v", i+1, field, err)
			}
		})
	}
	swapped := chainOf(4)
	swapped[1], swapped[2] = swapped[2], swapped[1]
	missing := append(chainOf(4)[:1:1], chainOf(4)[2:]...)
	twice := append(chainOf(2), chainOf(2)[1])
	moved := chainOf(2)
	moved[0].Kind, moved[0].Body = moved[0].Kind+string(moved[0].Body[:1]), moved[0].Body[1:]
	for name, rs := range map[string][]session.Record{"swapped": swapped, "missing": missing, "twice": twice, "a byte moved from body to kind": moved} {
		if err := checkAll(rs); !errors.Is(err, session.ErrChain) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func signalChain(n int) (out []session.SignalChunk) {
	c := session.Chain{Session: session.ID{1}}
	for i := range n {
		s := session.SignalChunk{From: protocol.At(i), To: protocol.At(i + 1), Count: 2, Lost: 1}
		for k := range 2 {
			s.Body = session.AppendSample(s.Body, &session.Sample{Arrived: protocol.Instant(k), Age: 5, Reading: protocol.Reading{Tick: protocol.Tick(i)}})
		}
		c.SealChunk(&s)
		out = append(out, s)
	}
	return out
}

func TestAnyChangedByteOfTheSignalIsFound(t *testing.T) {
	chunks := signalChain(3)
	check := func() error {
		c := session.Chain{Session: session.ID{1}}
		for i := range chunks {
			if err := c.CheckChunk(&chunks[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := check(); err != nil {
		t.Fatal(err)
	}
	for i := range chunks {
		corrupt(&chunks[i], func(field string) {
			if err := check(); !errors.Is(err, session.ErrChain) {
				t.Errorf("chunk %d, %s changed: %v", i+1, field, err)
			}
		})
	}
	chunks[0], chunks[1] = chunks[1], chunks[0]
	if err := check(); !errors.Is(err, session.ErrChain) {
		t.Errorf("swapped: %v", err)
	}
}

func FuzzChangedRecord(f *testing.F) {
	f.Add([]byte("body"), "noted", uint64(3), 1, byte(1))
	f.Fuzz(func(t *testing.T, body []byte, kind string, at uint64, where int, how byte) {
		r := session.Record{At: protocol.At(at), Kind: kind, Body: body}
		c := session.Chain{}
		c.Seal(&r)
		again := session.Chain{}
		if err := again.Check(&r); err != nil {
			t.Fatal(err)
		}
		if len(body) == 0 || how == 0 || where < 0 {
			return
		}
		r.Body = append([]byte(nil), body...)
		r.Body[where%len(body)] ^= how
		again = session.Chain{}
		if err := again.Check(&r); err == nil {
			t.Error("a changed body was not found")
		}
	})
}

func FuzzSamples(f *testing.F) {
	f.Add(signalChain(1)[0].Body)
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := session.Samples(body)
		var again []byte
		for i := range got {
			again = session.AppendSample(again, &got[i])
		}
		if string(again) != string(body[:len(again)]) || (err == nil) != (len(again) == len(body)) {
			t.Errorf("%d samples of %d bytes, %v: not what went in", len(got), len(body), err)
		}
	})
}

// Whoever rewrites one record with a hash of its own, and points the next at it,
// still changes what the next one's hash covers.
func TestRewrittenRecordThatHashesItselfIsFound(t *testing.T) {
	records := chainOf(3)
	records[0].Body = []byte(`{"source":"pen","event":{"by":"another"}}`)
	records[0].Hash = records[0].Sum()
	records[1].Prev = records[0].Hash
	if err := checkAll(records); !errors.Is(err, session.ErrChain) {
		t.Errorf("record: %v", err)
	}
	chunks := signalChain(3)
	chunks[0].Lost = 0
	chunks[0].Hash = chunks[0].Sum()
	chunks[1].Prev = chunks[0].Hash
	c := session.Chain{Session: session.ID{1}}
	var err error
	for i := range chunks {
		if err = c.CheckChunk(&chunks[i]); err != nil {
			break
		}
	}
	if !errors.Is(err, session.ErrChain) {
		t.Errorf("signal: %v", err)
	}
}
