package store_test

import (
	"slices"
	"strings"
	"testing"

	"penlog/session"
	"penlog/store"
)

// event seals a record with a body of one's own.
func (h *history) event(kind, body string) session.Record {
	r := session.Record{At: day, Kind: kind, Body: []byte(body)}
	h.records.Seal(&r)
	return r
}

func TestCartridgesAndPatientsAreFoundAcrossSessions(t *testing.T) {
	d := start(t, t.TempDir(), store.Options{}, store.WriterOptions{})
	var all []*history
	for i, bodies := range [][2]string{
		{`{"event":{"patient":"p-1"}}`, `{"event":{"use_key":"(01)1(21)A"}}`},
		{`{"event":{"patient":"p-2"}}`, `{"event":{"use_key":"(01)1(21)B"}}`},
		{`{"event":{"patient":"p-1"}}`, `{"event":{"use_key":"(01)1(21)A"}}`}, // a second use: whatever let it through
		{`{"event":{"patient":"p-3"}}`, `not JSON at all`},
		{`[]`, `{"event":{"use_key":""}}`},
	} {
		h := newHistory(i)
		d.put(t, store.Batch{Open: h.opening(), Records: []session.Record{h.event("opened", bodies[0]), h.event("cartridge_in", bodies[1]), h.event("noted", bodies[1])}})
		all = append(all, h)
	}
	d.put(t, store.Batch{Records: []session.Record{all[3].event("patient_reassigned", `{"event":{"patient":"p-1","was":"p-3"}}`)}})
	for key, want := range map[string]int{"(01)1(21)A": 0, "(01)1(21)B": 1, "(01)1(21)C": -1} {
		id, ok, err := d.CartridgeUse(t.Context(), key)
		if err != nil || ok != (want >= 0) || ok && id != all[want].id {
			t.Errorf("%s: %v, %v, %v", key, id, ok, err)
		}
	}
	for patient, want := range map[string][]session.ID{"p-1": {all[3].id, all[2].id, all[0].id}, "p-2": {all[1].id}, "p-3": {all[3].id}, "p-4": nil, "": nil} {
		got, err := d.SessionsOf(t.Context(), patient, 10)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", patient, got, err, want)
		}
	}
	if got, err := d.SessionsOf(t.Context(), "p-1", 2); err != nil || len(got) != 2 || got[0] != all[3].id {
		t.Errorf("the newest 2: %v, %v", got, err)
	}
}

// Neither question reads more of the record than its answer.
func TestHistoryIsAskedOfAnIndex(t *testing.T) {
	s := open(t, t.TempDir(), store.Options{})
	for _, q := range store.HistoryQueries {
		rows, err := s.WriterDB().Query("EXPLAIN QUERY PLAN "+q, "x", 1)
		if err != nil {
			t.Fatal(err)
		}
		plan := ""
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan += detail + "\n"
		}
		rows.Close()
		if !strings.Contains(plan, "SEARCH event USING INDEX event_") {
			t.Errorf("%s\nis answered by\n%s", q, plan)
		}
	}
}
