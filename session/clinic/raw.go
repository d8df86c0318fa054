package clinic

import "penlog/session/limits/strictyaml"

// The raw types are the file as written, every value with its place, and say what
// keys there may and must be. clinic.schema.json says the same; a test keeps the
// two equal.

type rawFile struct {
	Format      strictyaml.Text   `yaml:"format"`
	Version     strictyaml.Text   `yaml:"version"`
	Clinic      strictyaml.Text   `yaml:"clinic,optional"`
	Room        strictyaml.Text   `yaml:"room,optional"`
	PenAlias    strictyaml.Text   `yaml:"pen_alias,optional"`
	Modes       []strictyaml.Text `yaml:"modes,optional"`
	Indications []strictyaml.Text `yaml:"indications,optional"`
	People      []rawPerson       `yaml:"people,optional"`
	Two         strictyaml.Flag   `yaml:"two_for_an_override,optional"`
	Button      strictyaml.Text   `yaml:"button,optional"`
	USB         []rawUSB          `yaml:"usb,optional"`
}

type rawPerson struct {
	ID   strictyaml.Text `yaml:"id"`
	Name strictyaml.Text `yaml:"name,optional"`
	Role strictyaml.Text `yaml:"role"`
}

type rawUSB struct {
	VID strictyaml.Text `yaml:"vid"`
	PID strictyaml.Text `yaml:"pid"`
}
