package limits

import "penlog/session/limits/strictyaml"

// The raw types are the file as written, every value with its place, and say what
// keys there may and must be. limits.schema.json says the same; a test keeps the
// two equal.

type rawFile struct {
	Format      strictyaml.Text            `yaml:"format"`
	Version     strictyaml.Text            `yaml:"version"`
	HardStop    rawFigure                  `yaml:"hard_stop"`
	Tolerance   rawFigure                  `yaml:"setting_tolerance"`
	Indications map[string]rawIndication   `yaml:"indications"`
	Zones       map[string]rawZone         `yaml:"zones"`
	NoGoAreas   []rawNoGo                  `yaml:"no_go_areas"`
	NoGoLesions []rawNoGo                  `yaml:"no_go_lesions"`
	Sources     map[string]strictyaml.Text `yaml:"sources"`
}

type rawFigure struct {
	Value   strictyaml.Text   `yaml:"value"`
	Basis   strictyaml.Text   `yaml:"basis"`
	Sources []strictyaml.Text `yaml:"sources"`
}

type rawRange struct {
	From strictyaml.Text `yaml:"from"`
	To   strictyaml.Text `yaml:"to"`
}

type rawIndication struct {
	Node          *strictyaml.Node
	Typical       rawRange          `yaml:"typical"`
	Limit         strictyaml.Text   `yaml:"limit"`
	OverrideLimit strictyaml.Text   `yaml:"override_limit"`
	Confidence    strictyaml.Text   `yaml:"confidence"`
	Basis         strictyaml.Text   `yaml:"basis"`
	Sources       []strictyaml.Text `yaml:"sources"`
	Zones         []strictyaml.Text `yaml:"zones"`

	OverrideIf []rawIndicationRaise `yaml:"override_if,optional"`
	Evaluated  rawEvaluated         `yaml:"evaluated,optional"`
	OffLabel   strictyaml.Flag      `yaml:"off_label,optional"`
}

type rawIndicationRaise struct {
	Node    *strictyaml.Node
	Label   strictyaml.Text   `yaml:"label,optional"`
	Site    strictyaml.Text   `yaml:"site,optional"`
	Value   strictyaml.Text   `yaml:"value"`
	Zones   []strictyaml.Text `yaml:"zones,optional"`
	Note    strictyaml.Text   `yaml:"note"`
	Sources []strictyaml.Text `yaml:"sources"`
}

type rawEvaluated struct {
	Node    *strictyaml.Node
	Bound   strictyaml.Text   `yaml:"bound"`
	Zones   []strictyaml.Text `yaml:"zones"`
	Sources []strictyaml.Text `yaml:"sources"`
}

type rawZone struct {
	Node          *strictyaml.Node
	Limit         strictyaml.Text   `yaml:"limit"`
	OverrideLimit strictyaml.Text   `yaml:"override_limit"`
	Basis         strictyaml.Text   `yaml:"basis"`
	Sources       []strictyaml.Text `yaml:"sources"`

	Bony       strictyaml.Flag `yaml:"bony,optional"`
	OverrideIf []rawZoneRaise  `yaml:"override_if,optional"`
	LowerAt    []rawLower      `yaml:"lower_at,optional"`
}

type rawZoneRaise struct {
	Node        *strictyaml.Node
	Label       strictyaml.Text   `yaml:"label,optional"`
	Site        strictyaml.Text   `yaml:"site,optional"`
	Value       strictyaml.Text   `yaml:"value"`
	Indications []strictyaml.Text `yaml:"indications,optional"`
	Note        strictyaml.Text   `yaml:"note"`
	Sources     []strictyaml.Text `yaml:"sources"`
}

type rawLower struct {
	Node          *strictyaml.Node
	Site          strictyaml.Text   `yaml:"site"`
	Limit         strictyaml.Text   `yaml:"limit"`
	OverrideLimit strictyaml.Text   `yaml:"override_limit"`
	Note          strictyaml.Text   `yaml:"note"`
	Sources       []strictyaml.Text `yaml:"sources"`
}

type rawNoGo struct {
	Node    *strictyaml.Node
	Code    strictyaml.Text   `yaml:"code"`
	Name    strictyaml.Text   `yaml:"name"`
	Sources []strictyaml.Text `yaml:"sources"`
}
