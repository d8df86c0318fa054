package cartridge_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penlog/protocol"
	"penlog/session/cartridge"
	"penlog/sim"
)

func names(models []cartridge.Model) string {
	var list []string
	for _, m := range models {
		list = append(list, m.Code)
	}
	return strings.Join(list, " ")
}

// The figures of DOMAIN 2, said again.
func TestBuiltInCartridges(t *testing.T) {
	c := cartridge.Default()
	for _, tt := range []struct {
		vendor, model string
		codes         string
		needles       []int
		length        protocol.Micrometres
	}{
		{"Crown", "SkinPen Precision", "skinpen_precision", []int{14}, 0},
		{"Bellus", "SkinPen Precision", "skinpen_precision", []int{14}, 0},
		{"MT.DERM", "Exceed", "exceed", []int{6}, 1500},
		{"MT.DERM", "Exceed Unlimited", "exceed_unlimited", []int{6}, 1500},
		{"Rejuvapen", "NXT", "rejuvapen_nxt", []int{12}, 0},
		{"SkinStylus", "SteriLock", "skinstylus_sterilock", []int{36}, 0},
		{"Dr. Pen", "A20", "drpen_a20", []int{14}, 0},
		{"Dr. Pen", "M8", "drpen_consumer", []int{0}, 0},
		{"Dermalogica", "PRO Pen", "pro_pen", []int{14}, 0},
		{"Woorhi", "CODE-X", "code_x_12 code_x_14", []int{12, 14}, 0},
		{"Equipmed", "Dermapen 4", "dermapen_4", []int{16}, 0},
		{"Equipmed", "Dermapen 3", "dermapen_3", []int{0}, 0},
	} {
		models := c.ForPen(tt.vendor, tt.model)
		var needles []int
		for _, m := range models {
			needles = append(needles, m.Needles)
			if m.Length != tt.length || m.Simulated || m.GTIN != "" {
				t.Errorf("%s: %+v", m.Code, m)
			}
		}
		if names(models) != tt.codes || !slices.Equal(needles, tt.needles) {
			t.Errorf("%s %s: %s with %v needles, want %s with %v", tt.vendor, tt.model, names(models), needles, tt.codes, tt.needles)
		}
		if got, ok := c.Shortest(tt.vendor, tt.model); got != tt.length || ok != (tt.length > 0) {
			t.Errorf("%s %s: Shortest() = %v, %v", tt.vendor, tt.model, got, ok)
		}
	}
}

// Every pen of the simulator has a simulated cartridge, of what the pen says.
func TestSimulatedPensHaveSimulatedCartridges(t *testing.T) {
	c := cartridge.Default()
	used := map[string]bool{}
	for _, f := range sim.Profiles() {
		id := f.Identity
		models := c.ForPen(id.Vendor, id.Model)
		if len(models) != 1 {
			t.Errorf("%s: cartridges %q", f.Name, names(models))
			continue
		}
		m := models[0]
		used[m.Code] = true
		if !m.Simulated || int(m.Length) != int(id.NeedleLength) || m.Needles != int(id.NeedleCount) {
			t.Errorf("%s has %d needles of %d µm, its cartridge is %+v", f.Name, id.NeedleCount, id.NeedleLength, m)
		}
		s := parse(t, "]d201"+m.GTIN+"1728123110SIM")
		if got, ok := c.ByGTIN(s.GTIN); !ok || got.Code != m.Code || !strings.HasPrefix(m.GTIN, "002") {
			t.Errorf("%s: a scan of %s is %+v, %v", f.Name, m.GTIN, got, ok)
		}
	}
	for _, m := range c.Models() {
		if m.Simulated != used[m.Code] || m.Simulated != strings.HasPrefix(m.Code, "sim_") {
			t.Errorf("%s: simulated %v, of a simulated pen %v", m.Code, m.Simulated, used[m.Code])
		}
	}
}

func TestCatalogueByNumberAndCode(t *testing.T) {
	c := reload(t, read(t, "testdata/small.yaml"))
	if got := names(c.Models()); got != "long short unknown" {
		t.Errorf("Models() = %s", got)
	}
	want := cartridge.Model{
		Code: "long", Name: "Long", Maker: "Maker", GTIN: "09506000134352", Length: 2500, Needles: 12,
		Pens: []cartridge.Pen{{Vendor: "Pen Works", Model: "P1"}, {Vendor: "Other"}}, Confidence: "M", Sources: []string{"M", "P1"}, Basis: "x",
	}
	got, ok := c.ByCode("long")
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("ByCode() %v (-want +got):\n%s", ok, diff)
	}
	for gtin, code := range map[string]string{
		"09506000134352": "long", "9506000134352": "long", "00000012345670": "short", "12345670": "short",
		"": "", "19506000134359": "", "950600013435": "", "0": "", "000012345670": "short", "0000012345670": "short",
	} {
		if m, ok := c.ByGTIN(gtin); m.Code != code || ok != (code != "") {
			t.Errorf("ByGTIN(%q) = %q, %v", gtin, m.Code, ok)
		}
	}
	for _, code := range []string{"", "Long", "none"} {
		if m, ok := c.ByCode(code); ok || m.Code != "" {
			t.Errorf("ByCode(%q) = %+v, %v", code, m, ok)
		}
	}
	if c.Source("P1") != "y" || c.Source("P2") != "" || c.Version() != "small" {
		t.Errorf("Source() = %q, Version() = %q", c.Source("P1"), c.Version())
	}
}

func TestCartridgesOfAPen(t *testing.T) {
	c := reload(t, read(t, "testdata/small.yaml"))
	for _, tt := range []struct {
		vendor, model, codes string
		shortest             protocol.Micrometres
	}{
		{"Pen Works", "P1", "long short unknown", 1000},
		{" pen  WORKS ", "p1", "long short unknown", 1000},
		{"Pen Works", "P2", "unknown", 0}, // for every model, and no length is known
		{"Pen Works", "", "long short unknown", 1000},
		{"Other", "X", "long", 2500},
		{"Other", "", "long", 2500},
		{"Pen", "P1", "", 0},
		{"", "P1", "", 0},
		{"", "", "", 0},
	} {
		if got := names(c.ForPen(tt.vendor, tt.model)); got != tt.codes {
			t.Errorf("ForPen(%q, %q) = %q, want %q", tt.vendor, tt.model, got, tt.codes)
		}
		if got, ok := c.Shortest(tt.vendor, tt.model); got != tt.shortest || ok != (tt.shortest > 0) {
			t.Errorf("Shortest(%q, %q) = %v, %v, want %v", tt.vendor, tt.model, got, ok, tt.shortest)
		}
	}
}

func TestWhatACatalogueGivesIsTheCallers(t *testing.T) {
	c := reload(t, read(t, "testdata/small.yaml"))
	spoil := func(m cartridge.Model) { m.Pens[0].Vendor, m.Sources[0] = "spoilt", "spoilt" }
	m, _ := c.ByCode("long")
	spoil(m)
	m, _ = c.ByGTIN(gtin)
	spoil(m)
	for _, m := range c.ForPen("Pen Works", "P1") {
		spoil(m)
	}
	for _, m := range c.Models() {
		spoil(m)
	}
	if m, _ = c.ByCode("long"); m.Pens[0].Vendor != "Pen Works" || m.Sources[0] != "M" {
		t.Errorf("the catalogue was changed: %+v", m)
	}
	if diff := cmp.Diff(names(c.ForPen("Pen Works", "P1")), "long short unknown"); diff != "" {
		t.Error(diff)
	}
}

func TestNoCatalogueKnowsNothing(t *testing.T) {
	for _, c := range []*cartridge.Catalogue{nil, {}} {
		_, number := c.ByGTIN(gtin)
		_, code := c.ByCode("")
		_, short := c.Shortest("Crown", "SkinPen Precision")
		if number || code || short || c.Models() != nil || c.ForPen("Crown", "") != nil || c.Version() != "" || c.Hash() != "" || c.Source("M") != "" {
			t.Errorf("%+v knows something", c)
		}
	}
}

func TestModelInTheRecord(t *testing.T) {
	c := reload(t, read(t, "testdata/small.yaml"))
	for code, want := range map[string]string{
		"long": `{"code":"long","name":"Long","maker":"Maker","gtin":"09506000134352","length_um":2500,"needles":12,` +
			`"pens":[{"vendor":"Pen Works","model":"P1"},{"vendor":"Other"}],"simulated":false,"confidence":"M","sources":["M","P1"],"basis":"x"}`,
		"unknown": `{"code":"unknown","name":"Of no known length","pens":[{"vendor":"Pen Works"}],"simulated":false,"confidence":"L","sources":["M"],"basis":"x"}`,
	} {
		m, _ := c.ByCode(code)
		if text, err := json.Marshal(m); err != nil || string(text) != want {
			t.Errorf("%s, %v\nwant %s", text, err, want)
		}
	}
}
