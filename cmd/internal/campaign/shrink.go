package campaign

// Shrink leaves out of a failing seed's plan every mishap without which the same
// promise is broken all the same, and returns the smallest run it found. It
// tries each mishap once: what is left is small, not necessarily the smallest.
func Shrink(r Result, cfg Config) Result {
	if !r.Failed() {
		return r
	}
	rule := r.Violations[0].Rule
	skip := map[int]bool{}
	for i := range cfg.Skip {
		skip[i] = true
	}
	best := r
	for i := len(r.Mishaps) - 1; i >= 0; i-- {
		if skip[i] {
			continue
		}
		skip[i] = true
		try := cfg
		try.Trace, try.Skip = nil, skip
		if got := Run(r.Seed, try); got.broke(rule) {
			best = got
		} else {
			delete(skip, i)
		}
	}
	best.Skipped = skip
	return best
}

// Left are the mishaps that a shrunk run still contains.
func (r *Result) Left() []string {
	var out []string
	for i, m := range r.Mishaps {
		if !r.Skipped[i] {
			out = append(out, m)
		}
	}
	return out
}

func (r *Result) broke(rule string) bool {
	for _, v := range r.Violations {
		if v.Rule == rule {
			return true
		}
	}
	return false
}
