package replay

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"penlog/device/capture"
)

// Capture is one capture, its parts joined.
type Capture struct {
	Header   capture.Header // of the first part that is there
	Parts    []uint32       // numbers of the parts, rising
	Records  []capture.Record
	Problems []string // what is damaged, cut or missing, in words
	Ended    bool     // the last part has its end mark
}

// mostRecords is how many records one capture may have: what a month leaves.
const mostRecords = 20_000_000

// Load reads files and joins those that are parts of one capture. Captures come in
// the order of their first files. What is cut or damaged is told in Problems; an
// error is a file of which nothing can be read.
func Load(paths []string) ([]*Capture, error) {
	type file struct {
		r    *capture.Reader
		path string
	}
	var order [][8]byte
	files := map[[8]byte][]file{}
	for _, p := range paths {
		r, err := capture.ReadFile(p)
		if err != nil {
			return nil, err
		}
		id := r.Header().ID
		if files[id] == nil {
			order = append(order, id)
		}
		files[id] = append(files[id], file{r, p})
	}
	var out []*Capture
	for _, id := range order {
		parts := files[id]
		slices.SortStableFunc(parts, func(a, b file) int { return int(int64(a.r.Header().Part) - int64(b.r.Header().Part)) })
		c := &Capture{Header: parts[0].r.Header()}
		for i, f := range parts {
			part := f.r.Header().Part
			if i > 0 {
				switch last := c.Parts[i-1]; {
				case part == last:
					return nil, fmt.Errorf("replay: %s and %s are the same part %d of one capture: name one of them", parts[i-1].path, f.path, part)
				case part != last+1:
					c.problem(part, fmt.Sprintf("parts %d to %d are missing: what was in them is unknown", last+1, part-1))
				}
			}
			c.Parts = append(c.Parts, part)
			if err := c.take(f.r, part); err != nil {
				return nil, err
			}
		}
		if c.Parts[0] > 1 {
			c.Problems = slices.Insert(c.Problems, 0, fmt.Sprintf("the parts before %d are missing: a pen that was connected by then is unknown until it is greeted again", c.Parts[0]))
		}
		// Two goroutines hand records over: what was written may stand behind what
		// it led to. Moments tell.
		slices.SortStableFunc(c.Records, func(a, b capture.Record) int {
			switch {
			case a.Moment < b.Moment:
				return -1
			case a.Moment > b.Moment:
				return 1
			}
			return 0
		})
		out = append(out, c)
	}
	return out, nil
}

func (c *Capture) problem(part uint32, words string) {
	const most = 20
	switch n := len(c.Problems); {
	case n < most:
		c.Problems = append(c.Problems, fmt.Sprintf("part %d: %s", part, words))
	case n == most:
		c.Problems = append(c.Problems, "and more of the same")
	}
}

// take appends the records of a part.
func (c *Capture) take(r *capture.Reader, part uint32) error {
	var rec capture.Record
	for {
		err := r.Next(&rec)
		if place, ok := errors.AsType[*capture.PlaceError](err); ok {
			c.problem(part, fmt.Sprintf("byte %d, record %d: %s", place.Offset, place.Record, place.Words))
			continue
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch rec.Kind {
		case capture.KindHeader:
			continue // of a file that was joined to it
		case capture.KindEnd:
			continue
		case capture.KindGap:
			c.problem(part, fmt.Sprintf("%d records are missing here (%d bytes): they came faster than they could be written", rec.Dropped, rec.DroppedBytes))
		}
		if len(c.Records) >= mostRecords {
			return fmt.Errorf("replay: more than %d records: replay fewer parts at a time", mostRecords)
		}
		c.Records = append(c.Records, rec)
	}
	if c.Ended = r.Ended(); !c.Ended {
		c.problem(part, "it has no end mark: its writer was killed, the disk was full, or it still writes")
	}
	return nil
}

// Simulated reports whether any mark says that the pen was simulated.
func (c *Capture) Simulated() bool {
	return c.Header.Simulated || slices.ContainsFunc(c.Records, func(r capture.Record) bool {
		return r.Kind == capture.KindPen && r.Pen.Simulated
	})
}

// span gives the first and the last moment.
func (c *Capture) span() (from, to int64) {
	if len(c.Records) == 0 {
		return 0, 0
	}
	return c.Records[0].Moment, c.Records[len(c.Records)-1].Moment
}
