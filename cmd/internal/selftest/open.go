package selftest

// open are mutations that no campaign finds yet, with what it would need: each is
// played, told and counted, and none fails the self-test. An entry goes when its
// mutation is found.
var open = map[string]string{}
