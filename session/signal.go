package session

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"penlog/protocol"
)

// Sample is one reading as the signal record holds it: everything the pen said
// and when the agent had it.
type Sample struct {
	Arrived protocol.Instant // when its last byte was read
	Age     int32            // estimated age at arrival, µs; upper bound
	Reading protocol.Reading
}

// sampleSize is the encoded size of a Sample in bytes.
const sampleSize = 8 + 4 + 31

// AppendSample appends s to the body of a signal chunk.
func AppendSample(dst []byte, s *Sample) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.Arrived))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(s.Age))
	return s.Reading.Append(dst)
}

// Samples decodes a chunk's body. A body that is no whole number of samples is
// an error; what comes before the tear is still returned.
func Samples(body []byte) ([]Sample, error) {
	out := make([]Sample, 0, len(body)/sampleSize)
	for len(body) >= sampleSize {
		s := Sample{
			Arrived: protocol.Instant(binary.LittleEndian.Uint64(body)),
			Age:     int32(binary.LittleEndian.Uint32(body[8:])),
		}
		if err := s.Reading.Parse(body[12:sampleSize]); err != nil {
			return out, err
		}
		out = append(out, s)
		body = body[sampleSize:]
	}
	if len(body) != 0 {
		return out, fmt.Errorf("session: signal chunk ends with %d bytes of a cut sample", len(body))
	}
	return out, nil
}

// SignalChunk is a stretch of signal, about a second of it, committed at once.
// Chunks of a session form a chain as records do, and the record that ends the
// session holds the chain's head.
type SignalChunk struct {
	Session ID
	Seq     uint64      // 1, 2, 3 … within the session
	From    protocol.At // wall clock at the first and the last sample
	To      protocol.At
	Count   uint32 // samples in Body
	Lost    uint32 // frames the pen sent in the stretch that never arrived sound
	Body    []byte // [AppendSample], one after another
	Prev    Hash
	Hash    Hash
}

const signalDomain = "penlog signal 1\x00"

// Sum computes the chunk's hash over everything but Hash itself.
func (c *SignalChunk) Sum() Hash {
	h := sha256.New()
	h.Write([]byte(signalDomain))
	h.Write(c.Session[:])
	var b [48]byte
	n := binary.BigEndian.AppendUint64(b[:0], c.Seq)
	n = binary.BigEndian.AppendUint64(n, uint64(c.From))
	n = binary.BigEndian.AppendUint64(n, uint64(c.To))
	n = binary.BigEndian.AppendUint32(n, c.Count)
	n = binary.BigEndian.AppendUint32(n, c.Lost)
	n = binary.BigEndian.AppendUint64(n, uint64(len(c.Body)))
	h.Write(n)
	h.Write(c.Body)
	h.Write(c.Prev[:])
	return Hash(h.Sum(nil))
}

// SealChunk gives s its place at the end of the chain of chunks.
func (c *Chain) SealChunk(s *SignalChunk) {
	s.Session, s.Seq, s.Prev = c.Session, c.Seq+1, c.Head
	s.Hash = s.Sum()
	c.Seq, c.Head = s.Seq, s.Hash
}

// CheckChunk takes the next chunk read back from a store and moves on. The
// error is a *[ChainError].
func (c *Chain) CheckChunk(s *SignalChunk) error {
	bad := func(problem string) error { return &ChainError{c.Session, s.Seq, "signal: " + problem} }
	switch {
	case s.Session != c.Session:
		return bad("belongs to another session")
	case s.Seq != c.Seq+1:
		return bad(fmt.Sprintf("comes after chunk %d: one is missing or out of order", c.Seq))
	case s.Prev != c.Head:
		return bad("does not follow the chunk before it")
	case s.Sum() != s.Hash:
		return bad("its contents were changed")
	}
	c.Seq, c.Head = s.Seq, s.Hash
	return nil
}
