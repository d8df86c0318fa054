package cartridge

import "penlog/session/limits/strictyaml"

// The raw types are the file as written, every value with its place, and say what
// keys there may and must be. cartridges.schema.json says the same; a test keeps the
// two equal.

type rawFile struct {
	Format     strictyaml.Text            `yaml:"format"`
	Version    strictyaml.Text            `yaml:"version"`
	Cartridges []rawModel                 `yaml:"cartridges"`
	Sources    map[string]strictyaml.Text `yaml:"sources"`
}

type rawModel struct {
	Code       strictyaml.Text   `yaml:"code"`
	Name       strictyaml.Text   `yaml:"name"`
	Pens       []rawPen          `yaml:"pens"`
	Confidence strictyaml.Text   `yaml:"confidence"`
	Basis      strictyaml.Text   `yaml:"basis"`
	Sources    []strictyaml.Text `yaml:"sources"`

	Maker     strictyaml.Text `yaml:"maker,optional"`
	GTIN      strictyaml.Text `yaml:"gtin,optional"`
	Length    strictyaml.Text `yaml:"length,optional"`
	Needles   strictyaml.Text `yaml:"needles,optional"`
	Simulated strictyaml.Flag `yaml:"simulated,optional"`
}

type rawPen struct {
	Vendor strictyaml.Text `yaml:"vendor"`
	Model  strictyaml.Text `yaml:"model,optional"`
}
