package campaign

import (
	"reflect"

	"penlog/cmd/internal/campaign/script"
)

// Weight is what the agent holds in memory when a run is over, in bytes: its two lanes
// without the record, and the record's fold by itself.
type Weight struct {
	Hot, Cold, Record int
	Events            int // of the record
}

// Weigh plays a script and weighs the agent at the end of it.
func Weigh(s *script.Script, o Options) (Result, Weight) {
	w := newWorld(s, o)
	w.run()
	var x Weight
	if h := &w.host; h.alive {
		var seen scales
		seen.add(reflect.ValueOf(w.table)) // one for all
		p := h.cold.Procedure()
		x.Record = seen.add(reflect.ValueOf(p))
		if p != nil {
			x.Events = p.Events
		}
		x.Hot, x.Cold = seen.add(reflect.ValueOf(h.hot)), seen.add(reflect.ValueOf(h.cold))
	}
	return w.finish(), x
}

// scales add up what can be reached from a value, each thing once; functions are not
// looked into, and room that is made and not used counts.
type scales map[[2]any]bool

func (s *scales) add(v reflect.Value) int {
	if *s == nil {
		*s = scales{}
	}
	return int(v.Type().Size()) + s.behind(v)
}

func (s *scales) once(v reflect.Value) bool {
	k := [2]any{v.Pointer(), v.Type()}
	if (*s)[k] {
		return false
	}
	(*s)[k] = true
	return true
}

func (s *scales) behind(v reflect.Value) (n int) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && s.once(v) {
			n = s.add(v.Elem())
		}
	case reflect.Interface:
		if !v.IsNil() {
			n = s.add(v.Elem())
		}
	case reflect.String:
		n = v.Len()
	case reflect.Slice:
		if v.IsNil() || !s.once(v) {
			return 0
		}
		n = v.Cap() * int(v.Type().Elem().Size())
		for i := range v.Len() {
			n += s.behind(v.Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			n += s.behind(v.Index(i))
		}
	case reflect.Map:
		if v.IsNil() || !s.once(v) {
			return 0
		}
		for k, x := range v.Seq2() {
			n += s.add(k) + s.add(x)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			n += s.behind(v.Field(i))
		}
	}
	return n
}
