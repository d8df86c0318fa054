// Package cartridge answers two questions: what does the scan of a cartridge's pack
// say, and which cartridge is it?
//
// [Parse] reads what a scanner sends, or a person types from the label:
//
//	]d2 01… 17… 10… GS 21…      GS1 element string, with the scanner's prefix or FNC1 before it, or bare
//	(01)…(17)…(10)…(21)…        the same as it stands on the label
//	9506000134352               a GTIN of 8, 12, 13 or 14 digits, from an EAN or UPC code
//	+…, =…                      HIBCC, ICCBBA: kept raw, nothing is read
//
// Of a GS1 scan it takes (01) GTIN, (11) production date, (17) expiry, (10) lot, (21)
// serial and (240) additional id; other application identifiers are skipped when
// their length is known. A scan that is not sound in every part is refused as a
// whole, with a [ScanError] that says what to do: no field is ever guessed.
//
// What no parser can see: a scanner that drops FNC1 without a trace makes one lot of
// a lot and what follows it. A person looks at lot and expiry before they count.
//
// [Scan.Use] gives the text that may stand in one session only, and how well it
// proves single use. A lot alone proves nothing: many cartridges share it.
//
// A [Catalogue] tells cartridges by their GTIN: model, needle length, number of
// needles, pens. It comes from a YAML file, the built-in cartridges.yaml or a
// clinic's own, which replaces it whole; cartridges.schema.json is its shape, for
// editors. A cartridge that no catalogue knows is picked or entered by a person, and
// its needles count as long as [Catalogue.Shortest] of that pen.
//
// Sources: DOMAIN 2 (pens), 4 (single use), 6.5 (UDI).
//
// The package is pure: no clock, no file. It does not know which cartridges were used;
// it gives the key to look that up by. A Catalogue is immutable and safe for
// concurrent use.
package cartridge
