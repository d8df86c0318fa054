package api

import (
	_ "embed"
	"encoding"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"penlog/session"
	"penlog/session/cartridge"
	"penlog/session/clinic"
	"penlog/session/limits"
	"penlog/session/policy"
)

// document is the API's description, made by [Document]; a test keeps the two equal.
//
//go:embed openapi.json
var document []byte

func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) { send(w, http.StatusOK, document) }

// object is a JSON object of the document.
type object = map[string]any

// Document describes the API in the manner of OpenAPI 3.1, from the types that
// the code itself reads and writes.
func Document() object {
	d := schemas{defs: object{}, named: map[string]reflect.Type{}}
	command := d.commands()
	d.defs["Event"] = d.events()
	answer := func(words string, t reflect.Type) object {
		return object{"description": words, "content": object{"application/json": object{"schema": d.of(t)}}}
	}
	result := reflect.TypeFor[Result]()
	get := func(words string, t reflect.Type) object {
		return object{"get": object{"summary": words, "responses": object{"200": answer(words, t)}}}
	}
	return object{
		"openapi": "3.1.0",
		"info": object{"title": "Penlog agent", "version": "1", "description": "One agent, one pen, one room. Depths are whole micrometres (_um), times " +
			"microseconds since 1970 in UTC (_us). Requests name localhost or an IP address; pages of other sites are refused. " +
			"Fields are added, never changed."},
		"paths": object{
			"/v1/command": object{"post": object{
				"summary": "Give a command. It is answered when what follows from it is on the disk.",
				"parameters": []any{object{"name": "Idempotency-Key", "in": "header", "schema": object{"type": "string", "maxLength": keyMost},
					"description": "a request that comes again with the same key within 10 minutes, and before the agent starts anew, is answered as the first one was"}},
				"requestBody": object{"required": true, "content": object{"application/json": object{"schema": command}}},
				"security":    []any{object{"secret": []any{}}, object{}},
				"responses": object{
					"200": answer("the events made, and the view after them", result),
					"400": answer("the command can't be read, or lacks something", result),
					"401": answer("nobody has signed in", result),
					"403": answer("the person may not give this command, or a page of another site asks", result),
					"409": answer("refused as things stand: code, words, remedy", result),
					"421": answer("the request names a host that this agent is not known as", result),
					"422": answer("the idempotency key belongs to another command", result),
					"429": answer("too many idempotency keys are remembered: none was taken for this command, and it was not given", result),
					"503": answer("the agent is stopping, or the record can't be written: ask again with the same key", result),
				}}},
			"/v1/state":      get("What people see now", reflect.TypeFor[session.View]()),
			"/v1/questions":  get("The questions of the screening", reflect.TypeFor[[]policy.Question]()),
			"/v1/cartridges": get("The cartridges that are known", reflect.TypeFor[[]cartridge.Model]()),
			"/v1/stream": object{"get": object{"summary": "Views and events as server-sent events, at most 10 views a second; a client that is too slow is dropped",
				"responses": object{"200": object{"description": "each data line is a frame", "content": object{"text/event-stream": object{"schema": d.of(reflect.TypeFor[Frame]())}}},
					"503": answer("too many streams are open", result)}}},
			"/v1/openapi.json": object{"get": object{"summary": "This document", "responses": object{"200": object{"description": "this document"}}}},
			"/healthz":         object{"get": object{"summary": "The process lives", "responses": object{"200": object{"description": "it does"}}}},
			"/readyz":          object{"get": object{"summary": "The agent is at work and the record is written", "responses": object{"200": object{"description": "it is"}, "503": object{"description": "why not"}}}},
			"/metrics":         object{"get": object{"summary": "Prometheus metrics", "responses": object{"200": object{"description": "text or OpenMetrics"}}}},
		},
		"components": object{
			"securitySchemes": object{"secret": object{"type": "http", "scheme": "bearer", "description": "of this start of the agent, from its ready file; not needed to stop, pause, abort, acknowledge and mute"}},
			"schemas":         d.defs,
		},
	}
}

// schemas gathers what types look like.
type schemas struct {
	defs  object
	named map[string]reflect.Type // whose schema has a name
}

// name is what a type's schema is called. Two types of one name would be one to
// whoever reads the document.
func (d *schemas) name(t reflect.Type) string {
	if was, ok := d.named[t.Name()]; ok && was != t {
		panic("api: " + was.String() + " and " + t.String() + " have one name in the document")
	}
	d.named[t.Name()] = t
	return t.Name()
}

// codes are the texts that a type can have, for those that have few.
var codes = map[reflect.Type]func() []string{
	reflect.TypeFor[limits.Zone]():         func() []string { return texts(limits.AllZones()) },
	reflect.TypeFor[limits.Side]():         func() []string { return texts(limits.AllSides()) },
	reflect.TypeFor[limits.Site]():         func() []string { return texts(limits.AllSites()) },
	reflect.TypeFor[limits.Indication]():   func() []string { return texts(limits.AllIndications()) },
	reflect.TypeFor[session.Mode]():        func() []string { return texts([]session.Mode{0, 1, 2, 3, 4}) },
	reflect.TypeFor[session.Rule]():        func() []string { return texts(session.Rules()) },
	reflect.TypeFor[clinic.Role]():         func() []string { return texts([]clinic.Role{clinic.Technician, clinic.Clinician}) },
	reflect.TypeFor[policy.Tri]():          func() []string { return []string{"yes", "no", "unknown"} },
	reflect.TypeFor[session.Priority]():    func() []string { return texts([]session.Priority{0, 1, 2, 3}) },
	reflect.TypeFor[session.CommandKind](): commandNames,
}

func commandNames() (out []string) {
	for _, s := range session.CommandSpecs() {
		out = append(out, string(s.Do))
	}
	return out
}

// texts are the codes of values, and of the zero value.
func texts[T encoding.TextMarshaler](all []T) []string {
	var zero T
	out := []string{}
	for _, v := range append([]T{zero}, all...) {
		if b, err := v.MarshalText(); err == nil && !slices.Contains(out, string(b)) {
			out = append(out, string(b))
		}
	}
	return out
}

var textType = reflect.TypeFor[encoding.TextMarshaler]()

// of is the schema of a type.
func (d *schemas) of(t reflect.Type) object {
	if f, ok := codes[t]; ok {
		name := d.name(t)
		d.defs[name] = object{"type": "string", "enum": f()}
		return object{"$ref": "#/components/schemas/" + name}
	}
	if t.Kind() != reflect.Pointer && t.Implements(textType) || reflect.PointerTo(t).Implements(textType) && t.Kind() != reflect.Pointer {
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	case reflect.Pointer:
		return object{"anyOf": []any{d.of(t.Elem()), object{"type": "null"}}}
	case reflect.Slice, reflect.Array:
		return object{"type": []any{"array", "null"}, "items": d.of(t.Elem())}
	case reflect.Struct:
		return d.structure(t)
	case reflect.Interface:
		return object{"$ref": "#/components/schemas/Event"}
	}
	panic("api: " + t.String() + " has no schema")
}

// structure names a struct's schema and refers to it.
func (d *schemas) structure(t reflect.Type) object {
	name := d.name(t)
	if _, ok := d.defs[name]; !ok {
		d.defs[name] = object{} // while it is made: it may hold itself
		properties, required := object{}, []string{}
		d.fields(t, properties, &required)
		d.defs[name] = object{"type": "object", "properties": properties, "required": required}
	}
	return object{"$ref": "#/components/schemas/" + name}
}

func (d *schemas) fields(t reflect.Type, properties object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, given := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case name == "-" || !f.IsExported():
			continue
		case f.Anonymous && !given:
			d.fields(f.Type, properties, required)
			continue
		case name == "":
			name = f.Name
		}
		properties[name] = d.of(f.Type)
		if !strings.Contains(options, "omit") {
			*required = append(*required, name)
		}
	}
}

// commands is the schema of a command: one of those that there are, each with its
// own fields.
func (d *schemas) commands() object {
	all := object{}
	var none []string
	d.fields(reflect.TypeFor[session.Command](), all, &none)
	var one []any
	for _, s := range session.CommandSpecs() {
		properties := object{"do": object{"const": string(s.Do)}, "by": all["by"], "session": all["session"]}
		for _, f := range s.Takes {
			properties[f] = all[f]
		}
		required := append([]string{"do"}, s.Needs...)
		if !s.Open {
			required = append(required, "by")
		}
		o := object{"type": "object", "description": s.Words, "properties": properties, "required": required, "additionalProperties": false}
		if s.Role != 0 {
			o["description"] = s.Words + " (" + s.Role.String() + ")"
		}
		one = append(one, o)
	}
	d.defs["Command"] = object{"oneOf": one}
	return object{"$ref": "#/components/schemas/Command"}
}

// events is the schema of an event, which NamedEvent names by its kind.
func (d *schemas) events() object {
	var one []any
	for _, e := range session.Events() {
		ref := d.of(reflect.TypeOf(e))
		ref["description"] = e.Kind()
		one = append(one, ref)
	}
	return object{"anyOf": one}
}
