package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
)

// MostFile is the largest file that [ReadFile] reads, in bytes.
const MostFile = 256 << 20

// What a caller branches on, by [errors.Is].
var (
	// ErrNotCapture is a file that is no capture at all.
	ErrNotCapture = errors.New("not a capture")
	// ErrVersion is a capture of a version that this program does not know.
	ErrVersion = errors.New("a capture of another version")
	// ErrCut is a capture that ends in the middle of a record. What came before is whole.
	ErrCut = errors.New("cut off")
	// ErrDamaged is a stretch of a capture that is no record. What follows may be read on.
	ErrDamaged = errors.New("damaged")
)

// PlaceError is what is wrong with a capture, and where. It unwraps to one of the
// errors above.
type PlaceError struct {
	Offset int64 // in the file, in bytes
	Record int   // number of the record, the header being 1
	Err    error
	Words  string // what happened and what it means
}

// Error gives the place and the reason in words.
func (e *PlaceError) Error() string {
	return fmt.Sprintf("capture: byte %d, record %d: %s", e.Offset, e.Record, e.Words)
}

// Unwrap gives the error to branch on.
func (e *PlaceError) Unwrap() error { return e.Err }

// Reader goes through one file of a capture. Make it with [Parse].
type Reader struct {
	data   []byte
	at     int // of the next record
	n      int // records so far
	header Header
	moment int64 // of the header
	ended  bool  // the end mark was read
	done   bool
}

// ReadFile reads a file and parses it.
func ReadFile(path string) (*Reader, error) {
	fi, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("capture: %w", err)
	case fi.IsDir():
		return nil, fmt.Errorf("capture: %s is a folder: name the files in it", path)
	case fi.Size() > MostFile:
		return nil, fmt.Errorf("capture: %s has %d bytes, and no capture has more than %d: it is none, or was put together by hand", path, fi.Size(), MostFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MostFile+1)) // it may grow meanwhile, or be no file at all
	if err != nil {
		return nil, fmt.Errorf("capture: %s: %w", path, err)
	}
	if len(data) > MostFile {
		return nil, fmt.Errorf("capture: %s has more than %d bytes: it is no capture", path, MostFile)
	}
	r, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// Parse reads the beginning of a capture's file, up to its header. It keeps data.
func Parse(data []byte) (*Reader, error) {
	fail := func(offset int, err error, format string, args ...any) (*Reader, error) {
		return nil, &PlaceError{int64(offset), 1, err, fmt.Sprintf(format, args...)}
	}
	switch {
	case len(data) == 0:
		return fail(0, ErrNotCapture, "the file is empty: it was never written, or the disk was full")
	case len(data) < startSize && strings.HasPrefix(magic, string(data)):
		return fail(len(data), ErrCut, "the file ends before its header: nothing was captured")
	case !strings.HasPrefix(string(data[:min(len(data), len(magic))]), magic):
		if strings.HasPrefix(string(data), strings.ReplaceAll(magic, "\r\n", "\n")) {
			return fail(0, ErrNotCapture, "a capture that was copied as text: copy it again, byte for byte")
		}
		return fail(0, ErrNotCapture, "the file is no capture: captures begin with %q", magic)
	case data[len(magic)] != Version:
		return fail(len(magic), ErrVersion, "a capture of version %d, this program reads version %d: take the program that wrote it, or a newer one", data[len(magic)], Version)
	}
	r := &Reader{data: data, at: startSize}
	var first Record
	if err := r.Next(&first); err != nil {
		if err == io.EOF {
			return fail(len(data), ErrCut, "the file ends before its header: nothing was captured")
		}
		return nil, err
	}
	if first.Kind != KindHeader {
		return fail(startSize, ErrDamaged, "the first record is %q and not the header: the file was put together wrongly", first.Kind.String())
	}
	r.header, r.moment = first.Header, first.Moment
	return r, nil
}

// Header returns the file's header.
func (r *Reader) Header() Header { return r.header }

// Offset is where the next record begins, in bytes.
func (r *Reader) Offset() int64 { return int64(r.at) }

// Ended reports whether the end mark was read: without it the writer was killed,
// or still writes.
func (r *Reader) Ended() bool { return r.ended }

// Next stores the next record in rec, whose Bytes alias the file. It returns
// [io.EOF] after the last one, and a [*PlaceError]: with [ErrDamaged] what follows
// can be read on by calling Next again, with [ErrCut] there is no more.
// Records of a kind that this version does not know are passed over.
func (r *Reader) Next(rec *Record) error {
	for {
		if r.done || r.at >= len(r.data) {
			r.done = true
			return io.EOF
		}
		body, size := sound(r.data[r.at:])
		if size == 0 {
			return r.skip()
		}
		at := r.at
		r.at += size
		r.n++
		if !rec.parse(body) {
			return &PlaceError{int64(at), r.n, ErrDamaged, fmt.Sprintf("the record is whole and no %q: it was written wrongly, and is left out", Kind(body[0]).String())}
		}
		switch rec.Kind {
		case KindEnd:
			r.ended = true
		case KindHeader:
			if r.n > 1 {
				return &PlaceError{int64(at), r.n, ErrDamaged, "a second header: two files were joined; what follows is of another"}
			}
		}
		if _, known := kindNames[rec.Kind]; known {
			return nil
		}
	}
}

// sound takes the record at the front of b. Size is 0 when there is none, or not
// all of it.
func sound(b []byte) (body []byte, size int) {
	if len(b) < 2 {
		return nil, 0
	}
	n := int(binary.LittleEndian.Uint16(b))
	if n < 2 || n > MostBody || len(b) < 2+n+crcSize {
		return nil, 0
	}
	if crc32.Checksum(b[:2+n], castagnoli) != binary.LittleEndian.Uint32(b[2+n:]) {
		return nil, 0
	}
	return b[2 : 2+n], 2 + n + crcSize
}

// skip finds the next sound record behind one that is not.
func (r *Reader) skip() error {
	from := r.at
	r.n++
	for at := from + 1; at < len(r.data); at++ {
		if _, size := sound(r.data[at:]); size > 0 {
			r.at = at
			return &PlaceError{int64(from), r.n, ErrDamaged, fmt.Sprintf("%d bytes are damaged and left out; what follows is read", at-from)}
		}
	}
	r.done, r.at = true, len(r.data)
	if rest := len(r.data) - from; rest < 2+MostBody+crcSize && r.n > 1 && torn(r.data[from:]) {
		return &PlaceError{int64(from), r.n, ErrCut, fmt.Sprintf("the file ends in the middle of a record, %d bytes of it are there: its writer was killed or the copy was cut; all before it is whole", rest)}
	} else if r.n == 1 && torn(r.data[from:]) {
		return &PlaceError{int64(from), r.n, ErrCut, "the file ends in the middle of its header: nothing was captured"}
	} else {
		return &PlaceError{int64(from), r.n, ErrDamaged, fmt.Sprintf("the last %d bytes are damaged; all before them is whole", rest)}
	}
}

// torn reports whether b can be the beginning of a record that goes on.
func torn(b []byte) bool {
	if len(b) < 2 {
		return true
	}
	n := int(binary.LittleEndian.Uint16(b))
	return n >= 2 && n <= MostBody && len(b) < 2+n+crcSize
}
