package capture

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// Suffix ends the names of captures.
const Suffix = ".pencap"

// own matches the names of parts: when the capture began, its id, its part. They
// hold nothing else. Source: CAPTURE.md §4.1.
var own = regexp.MustCompile(`^\d{8}T\d{6}Z-[0-9a-f]{16}-\d{4,10}\.pencap$`)

// FileName is the name of the part that h describes.
func (h *Header) FileName() string {
	began := time.UnixMicro(h.Begun).UTC().Format("20060102T150405Z")
	return fmt.Sprintf("%s-%s-%04d%s", began, h.Name(), h.Part, Suffix)
}

// begin opens the next part, after making room for it.
func (w *Writer) begin() error {
	now := w.cfg.Now()
	w.part++
	h := Header{Source: SourceLine, Simulated: w.cfg.Simulated, ID: w.id, Part: w.part, Begun: now.UnixMicro(), Software: w.cfg.Software}
	path := filepath.Join(w.cfg.Dir, h.FileName())
	removed, err := makeRoom(w.cfg.Dir, w.cfg.TotalMost-w.cfg.FileMost)
	if err != nil {
		return err
	}
	if w.file, err = w.cfg.Create(path); err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	w.size = 0
	w.mu.Lock()
	w.status.Path, w.status.Part = path, w.part
	w.status.Removed += removed
	w.mu.Unlock()
	w.out = AppendStart(w.out, &h, w.moment)
	if w.told {
		w.out = AppendRecord(w.out, &Record{Kind: KindClock, Moment: w.moment, Offset: w.offset})
	}
	if w.known {
		w.out = AppendRecord(w.out, &Record{Kind: KindPen, Moment: w.moment, Pen: w.pen})
	}
	return w.flush()
}

// makeRoom removes the oldest captures in dir until no more than most bytes of
// them are left. Files that this package did not name stay, and count for nothing.
func makeRoom(dir string, most int64) (removed int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, fmt.Errorf("capture: %w", err)
	}
	type part struct {
		name string
		size int64
	}
	var parts []part
	total := int64(0)
	for _, e := range entries {
		if !e.Type().IsRegular() || !own.MatchString(e.Name()) {
			continue
		}
		if fi, err := e.Info(); err == nil { // else it went meanwhile
			parts = append(parts, part{e.Name(), fi.Size()})
			total += fi.Size()
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.name, b.name) })
	for _, p := range parts {
		if total <= most {
			break
		}
		if err := os.Remove(filepath.Join(dir, p.name)); err != nil {
			return removed, fmt.Errorf("capture: %d bytes of older captures are too many and can't be removed: %w", total, err)
		}
		total -= p.size
		removed++
	}
	return removed, nil
}
