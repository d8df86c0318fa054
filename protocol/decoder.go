package protocol

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// DecoderStats counts what a [Decoder] has met. What is between two delimiters
// and is no sound frame falls into exactly one of the Bad counters.
type DecoderStats struct {
	Frames      uint64 // sound frames delivered
	BadStuffing uint64 // a COBS code byte pointed past the end
	BadChecksum uint64 // whole, but the CRC-32C does not hold
	BadLength   uint64 // shorter than a header and a checksum, or over MaxFrame
	BadVersion  uint64 // sound, but of a protocol version that is not ours
	NoiseBytes  uint64 // bytes of all that was refused, delimiters left out
}

// Damaged is the number of delimited byte runs that were no sound frame of
// any version.
func (s DecoderStats) Damaged() uint64 { return s.BadStuffing + s.BadChecksum + s.BadLength }

// Decoder finds the sound frames in a stream of bytes that may be cut anywhere,
// damaged, or not ours at all. Its memory is fixed and it cannot fail: what
// belongs to no sound frame is counted in [Decoder.Stats]. A damaged frame
// costs itself alone, since the next zero byte begins anew (PROTOCOL.md §2.4);
// if its delimiter was hit, also the neighbour that it ran into.
//
// The zero Decoder is ready for use.
type Decoder struct {
	held  [maxEncoded]byte // the beginning of a frame whose end has not come
	n     int              // bytes in held
	over  int              // bytes dropped of a run that is too long to be a frame
	raw   [maxEncoded]byte // the frame last delivered
	stats DecoderStats
}

// Next takes bytes from the front of b up to the end of the next sound frame,
// stores that in f, and returns the bytes it did not take. When it reports
// false, all of b is taken and f is untouched. b is not kept. f.Payload aliases
// d's memory and holds until the following call: copy what must outlive it.
//
//	for rest, ok := b, true; ok; {
//		if rest, ok = d.Next(rest, &f); ok { … }
//	}
func (d *Decoder) Next(b []byte, f *Frame) (rest []byte, ok bool) {
	for {
		if len(b) > 0 && b[0] == 0 && d.n == 0 && d.over == 0 {
			b = b[1:] // between frames: no need to look for an end
		}
		i := bytes.IndexByte(b, 0)
		if i < 0 {
			d.hold(b)
			return nil, false
		}
		run := b[:i]
		b = b[i+1:]
		if d.n > 0 || d.over > 0 {
			d.hold(run)
			run = d.held[:d.n]
			over := d.over
			d.n, d.over = 0, 0
			if over > 0 {
				d.stats.BadLength++
				d.stats.NoiseBytes += uint64(len(run) + over)
				continue
			}
		}
		if len(run) > 0 && d.decode(run, f) {
			return b, true
		}
	}
}

// Stats returns the counts so far.
func (d *Decoder) Stats() DecoderStats { return d.stats }

// hold keeps b until the rest of its frame comes, up to the longest frame.
func (d *Decoder) hold(b []byte) {
	if d.over == 0 && len(b) <= len(d.held)-d.n {
		d.n += copy(d.held[d.n:], b)
		return
	}
	d.over += len(b)
}

// decode checks one run of bytes between delimiters.
func (d *Decoder) decode(run []byte, f *Frame) bool {
	if len(run) < 1+headerSize+crcSize || len(run) > maxEncoded {
		return d.refuse(run, &d.stats.BadLength)
	}
	n, ok := unstuff(d.raw[:], run)
	if !ok {
		return d.refuse(run, &d.stats.BadStuffing)
	}
	body := d.raw[:n-crcSize]
	sum := binary.LittleEndian.Uint32(d.raw[n-crcSize:])
	if crc32.Checksum(body, castagnoli) != sum {
		return d.refuse(run, &d.stats.BadChecksum)
	}
	if body[0] != Version {
		return d.refuse(run, &d.stats.BadVersion)
	}
	d.stats.Frames++
	*f = Frame{
		Type:    Type(body[1]),
		Seq:     binary.LittleEndian.Uint16(body[2:]),
		Payload: body[headerSize:],
		CRC:     sum,
	}
	return true
}

func (d *Decoder) refuse(run []byte, count *uint64) bool {
	*count++
	d.stats.NoiseBytes += uint64(len(run))
	return false
}
