package strictyaml

import "unicode/utf8"

// Nearest returns the candidate that word most likely meant, or "" when none is
// near: at most a third of the letters may differ. Of equally near candidates the
// first wins. Long words are compared by their first 64 bytes.
func Nearest(word string, candidates []string) string {
	const most = 64
	if len(word) > most {
		word = word[:most]
	}
	best, least := "", utf8.RuneCountInString(word)/3+1
	for _, c := range candidates {
		if d := distance(word, c); d < least || (d == least && best == "" && d == 1) {
			best, least = c, d
		}
	}
	return best
}

// distance counts the letters to insert, drop, change or swap with a neighbour
// to make b of a (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before := make([]int, len(t)+1)
	last := make([]int, len(t)+1)
	row := make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}
