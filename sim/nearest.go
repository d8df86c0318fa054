package sim

import "strings"

// nearest returns the word that was most likely meant: one that begins or ends
// with it, or differs in a third of its letters at most; empty: none.
func nearest(word string, words []string) string {
	if len(word) < 2 || len(word) > 32 {
		return ""
	}
	for _, w := range words {
		if strings.HasPrefix(w, word) {
			return w
		}
	}
	best, least := "", len(word)/3+1
	for _, w := range words {
		if strings.HasSuffix(w, word) {
			return w
		}
		if d := distance(word, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// distance counts the bytes to insert, drop or change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, corner+1, row[j]+1)
		}
	}
	return row[len(b)]
}
