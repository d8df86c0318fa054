package replay

import (
	"fmt"
	"slices"
	"strings"
)

const (
	around   = 3         // lines shown before and after a difference
	cellsMax = 8_000_000 // of the table that finds common lines
)

// Diff compares two texts line by line, in the unified form: lines of want that are
// missing in got begin with -, those that are new with +. It returns "" when they
// are equal.
func Diff(wantName, want, gotName, got string) string {
	if want == got {
		return ""
	}
	a, b := lines(want), lines(got)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", wantName, gotName)
	edits := compare(a, b)
	for i := 0; i < len(edits); {
		if edits[i].op == ' ' {
			i++
			continue
		}
		// One hunk: differences less than two contexts apart.
		from, to := max(0, i-around), i+1
		for j := i + 1; j < len(edits) && j-to <= 2*around; j++ {
			if edits[j].op != ' ' {
				to = j + 1
			}
		}
		i = to
		to = min(len(edits), to+around)
		hunk(&out, edits, from, to)
	}
	return out.String()
}

// edit is one line of either text, or of both.
type edit struct {
	op   byte // ' ', '-', '+'
	text string
}

func hunk(out *strings.Builder, edits []edit, from, to int) {
	count := func(edits []edit, not byte) (n int) {
		for _, e := range edits {
			if e.op != not {
				n++
			}
		}
		return n
	}
	fmt.Fprintf(out, "@@ -%d,%d +%d,%d @@\n", count(edits[:from], '+')+1, count(edits[from:to], '+'),
		count(edits[:from], '-')+1, count(edits[from:to], '-'))
	for _, e := range edits[from:to] {
		fmt.Fprintf(out, "%c%s\n", e.op, e.text)
	}
}

// compare finds the edits that make b of a: by the longest common run of lines, or,
// for texts whose table would be too large, by what they have in common at both ends.
func compare(a, b []string) []edit {
	var head, tail []edit
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head = append(head, edit{' ', a[0]})
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append(tail, edit{' ', a[len(a)-1]})
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	slices.Reverse(tail)
	mid := head
	if len(a)*len(b) <= cellsMax {
		mid = append(mid, common(a, b)...)
	} else {
		for _, l := range a {
			mid = append(mid, edit{'-', l})
		}
		for _, l := range b {
			mid = append(mid, edit{'+', l})
		}
	}
	return append(mid, tail...)
}

// common is the textbook's table of longest common subsequences.
func common(a, b []string) []edit {
	width := len(b) + 1
	best := make([]int32, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				best[i*width+j] = best[(i+1)*width+j+1] + 1
			} else {
				best[i*width+j] = max(best[(i+1)*width+j], best[i*width+j+1])
			}
		}
	}
	var out []edit
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, edit{' ', a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && best[(i+1)*width+j] >= best[i*width+j+1]:
			out = append(out, edit{'-', a[i]})
			i++
		default:
			out = append(out, edit{'+', b[j]})
			j++
		}
	}
	return out
}

// lines splits a text. A last line without its end says so.
func lines(s string) []string {
	if s == "" {
		return nil
	}
	whole := strings.HasSuffix(s, "\n")
	l := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	if !whole {
		l[len(l)-1] += "\\ (no newline at the end)"
	}
	return l
}
