package campaign

import "slices"

// Demanded are the troubles, by their verbs, to which something has to be said once they
// matter: those that [Counts.Due] counts. In order.
func Demanded() []string {
	var out []string
	for k, a := range ofRoom {
		if len(a.must) > 0 || a.tells != "" {
			out = append(out, k.String())
		}
	}
	for verb, a := range ofPC {
		if len(a.must) > 0 || a.tells != "" {
			out = append(out, verb)
		}
	}
	slices.Sort(out)
	return out
}
