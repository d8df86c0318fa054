// Package script is the language of scenarios: what happens in a treatment room,
// and what Penlog has to do about it, as values and as text.
//
// A [Script] is one procedure: pen, hand, zones, and [Step]s, each with a [Cue]
// that says when, [Deed]s that say what is done, and [Expect]s that say what must
// follow. Each of the three is one sentence in a file and one value here;
// [ParseDeed], [ParseCue] and [ParseExpect] read the sentence, String writes it.
// [Load] reads a scenario file, [Script.YAML] writes one.
//
// An [Examiner] hears what truly happened and what the agent said, as [Sight]s in
// order of time, and gives the verdicts. Whoever plays the script, in virtual time
// or against a live agent, feeds it the same sights, so the verdicts are the same.
//
// Nothing here plays anything, reads a clock or a file, or is safe for concurrent use.
package script
