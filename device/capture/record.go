package capture

import (
	"encoding/binary"
	"hash/crc32"
	"strconv"
)

// Version is the version of the format that this package writes and reads.
// Source: CAPTURE.md §1.2.
const Version = 1

// Bounds. Source: CAPTURE.md §2.
const (
	// MostBytes is how many bytes of the line one record holds at most.
	MostBytes = 1024
	// MostBody is the longest body of a record.
	MostBody = 2048

	crcSize = 4
)

// magic begins each file. It shows what a transfer as text would spoil.
// Source: CAPTURE.md §1.1.
const magic = "\x89PENCAP\r\n"

// startSize is what comes before the first record: the magic and the version.
const startSize = len(magic) + 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Kind says what a [Record] tells. Source: CAPTURE.md §3.
type Kind uint8

// The kinds of record.
const (
	KindHeader  Kind = 1  // Header: the first record, and only that
	KindPen     Kind = 2  // Pen: who answers from here on
	KindOpened  Kind = 3  // the port was opened
	KindLost    Kind = 4  // the port was lost or closed
	KindRead    Kind = 5  // Bytes, Drained: a read of the port; without Bytes it waited in vain
	KindWritten Kind = 6  // Bytes: what the host wrote to the port
	KindClock   Kind = 7  // Offset: of the wall clock, from here on
	KindGap     Kind = 8  // Dropped, DroppedBytes: what was lost here
	KindOrder   Kind = 9  // Bytes: an order of the host's program to its fast lane
	KindEnd     Kind = 15 // End: the last record
)

var kindNames = map[Kind]string{KindHeader: "header", KindPen: "pen", KindOpened: "opened", KindLost: "lost", KindRead: "read",
	KindWritten: "written", KindClock: "clock", KindGap: "gap", KindOrder: "order", KindEnd: "end"}

// String gives the kind as CAPTURE.md names it.
func (k Kind) String() string {
	if s, ok := kindNames[k]; ok {
		return s
	}
	return "kind " + strconv.Itoa(int(k))
}

// End is why a file ends. Source: CAPTURE.md §3.10.
type End uint8

// Why a file ends.
const (
	EndClosed    End = 1 // capturing was ended
	EndContinues End = 2 // the next part goes on
)

// Record is one thing in a capture. Fields that its Kind does not name are zero.
type Record struct {
	Kind    Kind
	Moment  int64  // µs of the host's monotonic clock
	Bytes   []byte // at most MostBytes
	Drained bool   // all that had arrived was read

	Header       Header
	Pen          Pen
	Offset       int64 // µs; wall clock (UTC, since 1970) = Moment + Offset
	Dropped      uint32
	DroppedBytes uint64
	End          End
}

// AppendStart appends what a file begins with: the magic, the version, and the
// header's record.
func AppendStart(dst []byte, h *Header, moment int64) []byte {
	dst = append(append(dst, magic...), Version)
	return AppendRecord(dst, &Record{Kind: KindHeader, Moment: moment, Header: *h})
}

// AppendRecord appends r in the form of CAPTURE.md §2. Of Bytes only the first
// MostBytes are taken: who has more makes several records of it.
func AppendRecord(dst []byte, r *Record) []byte {
	var room [binary.MaxVarintLen64]byte
	begin := len(dst)
	dst = append(dst, 0, 0, byte(r.Kind))
	dst = append(dst, room[:binary.PutVarint(room[:], r.Moment)]...)
	switch r.Kind {
	case KindHeader:
		dst = r.Header.append(dst)
	case KindPen:
		dst = r.Pen.append(dst)
	case KindRead:
		dst = append(append(dst, bit(r.Drained)), r.Bytes[:min(len(r.Bytes), MostBytes)]...)
	case KindWritten, KindOrder:
		dst = append(dst, r.Bytes[:min(len(r.Bytes), MostBytes)]...)
	case KindClock:
		dst = append(dst, room[:binary.PutVarint(room[:], r.Offset)]...)
	case KindGap:
		dst = binary.LittleEndian.AppendUint32(dst, r.Dropped)
		dst = binary.LittleEndian.AppendUint64(dst, r.DroppedBytes)
	case KindEnd:
		dst = append(dst, byte(r.End))
	}
	binary.LittleEndian.PutUint16(dst[begin:], uint16(len(dst)-begin-2))
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[begin:], castagnoli))
}

// parse reads a body whose checksum held into r, whose Bytes alias it. It reports
// false where the body can't be what its kind says.
func (r *Record) parse(body []byte) bool {
	*r = Record{Kind: Kind(body[0])}
	moment, n := binary.Varint(body[1:])
	if n <= 0 || !sane(moment) {
		return false
	}
	r.Moment = moment
	p := body[1+n:]
	switch r.Kind {
	case KindHeader:
		return r.Header.parse(p)
	case KindPen:
		return r.Pen.parse(p)
	case KindRead:
		if len(p) < 1 {
			return false
		}
		r.Drained, r.Bytes = p[0]&1 != 0, p[1:]
	case KindWritten, KindOrder:
		r.Bytes = p
	case KindClock:
		if r.Offset, n = binary.Varint(p); n <= 0 || !sane(r.Offset) {
			return false
		}
	case KindGap:
		if len(p) < 12 {
			return false
		}
		r.Dropped, r.DroppedBytes = binary.LittleEndian.Uint32(p), binary.LittleEndian.Uint64(p[4:])
	case KindEnd:
		if len(p) < 1 {
			return false
		}
		r.End = End(p[0])
	}
	return true
}

// sane reports whether a moment is one: 285 years either way. Source: CAPTURE.md §2.4.
func sane(us int64) bool { return -1<<53 < us && us < 1<<53 }

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
