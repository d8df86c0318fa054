package protocol

import (
	"encoding/binary"
	"hash/crc32"
)

// Version is the protocol version in every frame header. Source: PROTOCOL.md §2.2.
const Version = 1

// Sizes of a frame, in bytes. Source: PROTOCOL.md §2.
const (
	headerSize = 4 // version, type, sequence
	crcSize    = 4

	// MaxFrame is the longest frame on the wire, both delimiters included.
	MaxFrame = 256
	// MaxPayload is the longest payload that fits a frame.
	MaxPayload = maxRaw - headerSize - crcSize
	// Overhead is what a frame adds to its payload on the wire.
	Overhead = 2 + 1 + headerSize + crcSize

	maxEncoded = MaxFrame - 2   // between the delimiters
	maxRaw     = maxEncoded - 1 // COBS costs one byte up to 254
)

// castagnoli is the CRC-32C table; hash/crc32 uses the CPU's instruction for it.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Frame is one sound frame: its checksum held and its version is ours.
type Frame struct {
	Type    Type
	Seq     uint16 // rises by one with each frame its sender sends; for telling duplicates only
	Payload []byte // aliases the decoder's buffer, see [Decoder.Next]
	CRC     uint32 // as received; with Seq it identifies a duplicate
}

// AppendFrame appends the frame of the given type, sequence and payload to dst
// in wire form, delimiters included, and returns the extended slice. It
// allocates only when dst has no room. The payload must not lie in that room. A
// payload over [MaxPayload] is a bug in this program and panics.
func AppendFrame(dst []byte, typ Type, seq uint16, payload []byte) []byte {
	if len(payload) > MaxPayload {
		panic("protocol: AppendFrame: payload over MaxPayload")
	}
	begin := len(dst) + 1
	dst = append(dst, 0, 0, Version, byte(typ), byte(seq), byte(seq>>8))
	dst = append(dst, payload...)
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[begin+1:], castagnoli))
	stuff(dst[begin:])
	return append(dst, 0)
}

// stuff does COBS in place on at most 254 bytes, of which the first is the code
// byte's room: that byte, and each zero, becomes the distance to the next.
func stuff(run []byte) {
	code := 0
	for i, b := range run {
		if b == 0 {
			run[code] = byte(i - code)
			code = i
		}
	}
	run[code] = byte(len(run) - code)
}

// unstuff undoes COBS from src into dst, which must hold len(src) bytes, and
// returns the number of bytes written. It reports false when a code byte points
// past the end. src holds no zero byte. The code 0xff, which stands for no zero
// in longer COBS blocks, always points past the end of a run this short. The
// bytes move by one, and each code byte but the first was a zero: so one copy
// and a walk along the codes do it.
func unstuff(dst, src []byte) (int, bool) {
	if len(src) == 0 {
		return 0, true
	}
	n := copy(dst, src[1:])
	i := int(src[0])
	for i < len(src) {
		dst[i-1] = 0
		i += int(src[i])
	}
	return n, i == len(src)
}
