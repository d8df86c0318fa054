// Package policy says what is asked of a patient, and what follows from the
// answers for depth, passes and intervals.
//
// A [Policy] holds the screening questions with the action that a yes calls for,
// the rules about phototype, age and course, how many passes are suggested and
// warned of, the interval, the dwell, the anaesthetic's strength and the nominal
// areas of zones. [Policy.Judge] takes a [Patient] and the facts of a verdict and
// gives a [Ruling]: a greatest depth, a greatest number of passes, whether an
// override is ruled out, and what to show.
//
// The figures come from a YAML file: the built-in policy.yaml, which holds DOMAIN
// 1.5, 3 and 4 with sources, or a clinic's own, which replaces it whole
// ([Policy.Absent] lists what that leaves out, [Policy.Laxer] in what it is less strict). policy.schema.json is its shape, for
// editors: a test shows that loading refuses all that the schema refuses.
//
// Rules only tighten. What a rule can say is: the low half of the typical range, so
// many passes at most, no override for these indications, and a notice. There is no
// way to write one that raises a depth, and another rule never makes a ruling laxer.
//
// What is not known counts as the strictest that it could be: an unknown phototype
// is one of those that a rule names, an unknown course begins today. The ruling then
// says what was not known. The zero [Policy] and a nil one ask nothing and clear
// nothing: [Policy.Known] is false, and a caller refuses.
//
// The package is pure: no clock, no file, no network. It does not know sessions,
// pens or people, and keeps no answer. A Policy is immutable and safe for
// concurrent use; what its methods return is the caller's.
package policy
