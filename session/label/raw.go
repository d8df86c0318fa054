package label

import "penlog/session/limits/strictyaml"

// The raw types are the file as written, every value with its place, and say what
// keys there may and must be. labels.schema.json says the same; a test keeps the
// two equal.

type rawFile struct {
	Format  strictyaml.Text            `yaml:"format"`
	Version strictyaml.Text            `yaml:"version"`
	Labels  []rawEntry                 `yaml:"labels"`
	Sources map[string]strictyaml.Text `yaml:"sources"`
}

type rawEntry struct {
	Code       strictyaml.Text   `yaml:"code"`
	Name       strictyaml.Text   `yaml:"name"`
	Pens       []rawPen          `yaml:"pens"`
	Max        strictyaml.Text   `yaml:"max,optional"`
	More       strictyaml.Flag   `yaml:"more,optional"`
	Uses       []rawUse          `yaml:"uses,optional"`
	Confidence strictyaml.Text   `yaml:"confidence"`
	Basis      strictyaml.Text   `yaml:"basis"`
	Sources    []strictyaml.Text `yaml:"sources"`
}

type rawPen struct {
	Vendor strictyaml.Text `yaml:"vendor"`
	Model  strictyaml.Text `yaml:"model"`
}

type rawUse struct {
	Clearance   strictyaml.Text   `yaml:"clearance"`
	Indications []strictyaml.Text `yaml:"indications"`
	Zones       []strictyaml.Text `yaml:"zones,optional"`
	Max         strictyaml.Text   `yaml:"max,optional"`
	Phototypes  []strictyaml.Text `yaml:"phototypes,optional"`
	Age         strictyaml.Text   `yaml:"age_from,optional"`
	Covers      strictyaml.Text   `yaml:"covers,optional"`
	Sources     []strictyaml.Text `yaml:"sources"`
}
