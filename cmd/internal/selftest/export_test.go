package selftest

// Apply makes the mutation in the text of its file.
func (m *Mutation) Apply(text string) (string, error) { return m.apply(text) }

// Open is how many mutations are named as not found yet.
var Open = len(open)
