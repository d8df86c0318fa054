package policy

import "penlog/session/limits/strictyaml"

// The raw types are the file as written, every value with its place, and say what
// keys there may and must be. policy.schema.json says the same; a test keeps the
// two equal.

type rawFile struct {
	Format      strictyaml.Text            `yaml:"format"`
	Version     strictyaml.Text            `yaml:"version"`
	Questions   []rawQuestion              `yaml:"questions"`
	Rules       []rawRule                  `yaml:"rules"`
	NotKnown    rawNotKnown                `yaml:"not_known"`
	LabelAge    rawFigure                  `yaml:"label_age"`
	Passes      map[string]rawPasses       `yaml:"passes"`
	Interval    rawFigure                  `yaml:"interval"`
	Dwell       rawFigure                  `yaml:"dwell"`
	Anaesthetic rawFigure                  `yaml:"anaesthetic"`
	Density     rawDensity                 `yaml:"density"`
	Areas       map[string]rawArea         `yaml:"areas,optional"`
	Sources     map[string]strictyaml.Text `yaml:"sources"`
}

type rawQuestion struct {
	Code        strictyaml.Text   `yaml:"code"`
	Words       strictyaml.Text   `yaml:"words"`
	Action      strictyaml.Text   `yaml:"action"`
	Overridable strictyaml.Flag   `yaml:"overridable,optional"`
	PerZone     strictyaml.Flag   `yaml:"per_zone,optional"`
	Notice      strictyaml.Text   `yaml:"notice,optional"`
	Sources     []strictyaml.Text `yaml:"sources"`
}

type rawRule struct {
	Code       strictyaml.Text   `yaml:"code"`
	When       rawWhen           `yaml:"when"`
	Depth      strictyaml.Text   `yaml:"depth,optional"`
	PassesMost strictyaml.Text   `yaml:"passes_most,optional"`
	NoOverride []strictyaml.Text `yaml:"no_override,optional"`
	Notice     strictyaml.Text   `yaml:"notice"`
	Sources    []strictyaml.Text `yaml:"sources"`
}

type rawWhen struct {
	Node         *strictyaml.Node
	Phototype    rawSpan         `yaml:"phototype,optional"`
	First        strictyaml.Flag `yaml:"first_session,optional"`
	AgeBelow     strictyaml.Flag `yaml:"age_below_label,optional"`
	LabelExclude strictyaml.Flag `yaml:"label_excludes_phototype,optional"`
}

type rawSpan struct {
	From strictyaml.Text `yaml:"from"`
	To   strictyaml.Text `yaml:"to"`
}

type rawNotKnown struct {
	Phototype rawNotice `yaml:"phototype"`
	Age       rawNotice `yaml:"age"`
	First     rawNotice `yaml:"first_session"`
	Label     rawNotice `yaml:"label_phototypes"`
}

type rawNotice struct {
	Notice  strictyaml.Text   `yaml:"notice"`
	Sources []strictyaml.Text `yaml:"sources"`
}

type rawFigure struct {
	Value   strictyaml.Text   `yaml:"value"`
	Basis   strictyaml.Text   `yaml:"basis"`
	Sources []strictyaml.Text `yaml:"sources"`
}

type rawPasses struct {
	Suggested rawSpan           `yaml:"suggested"`
	WarnAbove strictyaml.Text   `yaml:"warn_above"`
	Sources   []strictyaml.Text `yaml:"sources"`
}

type rawDensity struct {
	TipWidth strictyaml.Text   `yaml:"tip_width"`
	Glide    strictyaml.Text   `yaml:"glide"`
	Basis    strictyaml.Text   `yaml:"basis"`
	Sources  []strictyaml.Text `yaml:"sources"`
}

type rawArea struct {
	Area       strictyaml.Text   `yaml:"area"`
	Shape      strictyaml.Text   `yaml:"shape"`
	Confidence strictyaml.Text   `yaml:"confidence"`
	Basis      strictyaml.Text   `yaml:"basis"`
	Sources    []strictyaml.Text `yaml:"sources"`
}
