// Package limits answers one question: what needle depth is allowed where, and why.
//
// A [Table] holds the figures: for each indication a typical range, a limit and an
// override limit, for each zone a limit and an override limit, and which zones are
// offered for which indication. [Table.Ask] takes a [Request] and gives a
// [Verdict]: the ceiling, the rule that bound it, every candidate with its value
// and sources, and the version and hash of the table. A verdict is a plain value
// that belongs in the record.
//
// The four numbers of a zone × indication:
//
//	typical range   the band on the gauge; the indication's range clipped to the limit
//	limit           min(zone limit, indication limit), in force without override
//	override limit  min(zone override limit, indication override limit)
//	hard stop       2.5 mm at most, whatever a file says       Source: DOMAIN 1.5, F/F*
//
// The ceiling is the least of these candidates; each can only lower it:
//
//	base            the limit, or under an override the value that was granted, up to the override limit
//	prescription, pen maximum, cartridge needle length, labelled maximum for the
//	indication, patient rule, hard stop
//
// Base splits into the rules that make it up, so that a verdict names the zone or
// the indication. When two rules give the same value, [Verdict.BoundBy] is the one
// that comes first in [Rules].
//
// The figures come from a YAML file: the built-in limits.yaml, which holds DOMAIN
// 1.2–1.5 with sources, or a clinic's own, which replaces it whole. limits.schema.json
// is its shape, for editors: a test shows that loading refuses all that the schema
// refuses. What loading refuses:
//
//	depth      anything but text with a unit, "1.5 mm" or "1500 µm"; no float is ever made
//	tiers      not typical.from ≤ typical.to ≤ limit ≤ override_limit ≤ hard_stop ≤ 2.5 mm
//	bony zone  limit above 1.0 mm, or the bony flag left out    Source: DOMAIN 1.5, S, P26
//	sources    none, or a tag that the file does not explain
//	zones      an empty list, an unknown zone, one that is offered but has no limits
//	file       more than one document, unknown or repeated keys, empty values, anchors
//
// What is absent allows nothing: the zero [Zone], [Indication] and [Table], a zone or
// an indication that the file leaves out ([Table.Absent] lists them), a combination
// that is not offered. A zone's exceptions are written out in the file: override_if
// raises the override limit when a named thing holds (the pen's label, or a site
// within the zone), lower_at lowers both limits at a site.
//
// The package is pure: no clock, no file, no network. It does not know patients,
// people or sessions. A Table is immutable and safe for concurrent use.
package limits
