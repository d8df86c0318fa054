package campaign

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"penlog/session"
)

// hashed checks records by a hash of the judge's own: SHA-256 over a name, then
// numbers as 64 bits, big-endian, and texts behind their lengths. Source: session/journal.go.
func hashed(id session.ID, records []session.Record) error {
	var prev session.Hash
	for i := range records {
		r := &records[i]
		b := append([]byte("penlog record 1\x00"), id[:]...)
		for _, v := range [...]uint64{uint64(i + 1), uint64(r.At), uint64(r.Mono), uint64(len(r.Kind))} {
			b = binary.BigEndian.AppendUint64(b, v)
		}
		b = append(b, r.Kind...)
		b = binary.BigEndian.AppendUint64(b, uint64(len(r.Body)))
		b = append(append(b, r.Body...), prev[:]...)
		if r.Prev != prev || r.Hash != session.Hash(sha256.Sum256(b)) {
			return fmt.Errorf("record %d does not follow from the one before by its hash", i+1)
		}
		prev = r.Hash
	}
	return nil
}

// hashedChunk is the same for a chunk of the signal. Source: session/signal.go.
func hashedChunk(c *session.SignalChunk) session.Hash {
	b := append([]byte("penlog signal 1\x00"), c.Session[:]...)
	for _, v := range [...]uint64{c.Seq, uint64(c.From), uint64(c.To)} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, c.Count), c.Lost)
	b = binary.BigEndian.AppendUint64(b, uint64(len(c.Body)))
	b = append(append(b, c.Body...), c.Prev[:]...)
	return sha256.Sum256(b)
}
