package session

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"penlog/protocol"
)

// ID names a session: a UUIDv7, which carries no patient data.
type ID [16]byte

// String gives the id in the usual UUID form.
func (id ID) String() string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// MarshalText gives the UUID form.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the UUID form, and nothing else.
func (id *ID) UnmarshalText(b []byte) error {
	v, err := ParseID(string(b))
	if err == nil {
		*id = v
	}
	return err
}

// ParseID reads the UUID form of an id.
func ParseID(s string) (ID, error) {
	var id ID
	bad := fmt.Errorf("session: %q is no session id: it looks like 0195e6c1-2f3a-7c41-9d1e-0242ac120002", s)
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, bad
	}
	b, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
	if err != nil {
		return id, bad
	}
	return ID(b), nil
}

// Hash is a SHA-256 value.
type Hash [sha256.Size]byte

// String gives the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText gives the hash in hexadecimal.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (h *Hash) UnmarshalText(b []byte) error {
	v, err := hex.DecodeString(string(b))
	if err != nil || len(v) != len(h) {
		return fmt.Errorf("session: %q is no SHA-256 value", b)
	}
	*h = Hash(v)
	return nil
}

// Record is one event of one session as the journal holds it. Records of a
// session form a chain: each holds the hash of the one before, so a changed,
// missing, added or swapped record is found by [Chain.Check].
type Record struct {
	Session ID
	Seq     uint64           // 1, 2, 3 … without a gap within the session
	At      protocol.At      // wall clock when it was decided
	Mono    protocol.Instant // the agent's monotonic clock at the same moment; of one agent run only
	Kind    string           // the event's code, e.g. "tripped"
	Body    []byte           // the event as JSON, the same bytes for the same event
	Prev    Hash             // the hash of record Seq-1; of record 1: the zero hash
	Hash    Hash             // over all of the above
}

// recordDomain begins every hashed record, so that no other hash of ours can
// be taken for one.
const recordDomain = "penlog record 1\x00"

// Sum computes the record's hash over everything but Hash itself.
func (r *Record) Sum() Hash {
	h := sha256.New()
	var n [8]byte
	put := func(v uint64) {
		binary.BigEndian.PutUint64(n[:], v)
		h.Write(n[:])
	}
	h.Write([]byte(recordDomain))
	h.Write(r.Session[:])
	put(r.Seq)
	put(uint64(r.At))
	put(uint64(r.Mono))
	put(uint64(len(r.Kind)))
	h.Write([]byte(r.Kind))
	put(uint64(len(r.Body)))
	h.Write(r.Body)
	h.Write(r.Prev[:])
	return Hash(h.Sum(nil))
}

// Chain is the end of a session's journal: what the next record must follow.
// The zero Chain with a Session is an empty journal.
type Chain struct {
	Session ID
	Seq     uint64 // of the last record, 0: none
	Head    Hash   // its hash
}

// Seal gives r its place at the end of the chain: session, number and hashes.
func (c *Chain) Seal(r *Record) {
	r.Session, r.Seq, r.Prev = c.Session, c.Seq+1, c.Head
	r.Hash = r.Sum()
	c.Seq, c.Head = r.Seq, r.Hash
}

// ErrChain is what every [ChainError] unwraps to.
var ErrChain = errors.New("session: the record was altered")

// ChainError says where a session's journal does not hold together.
type ChainError struct {
	Session ID
	Seq     uint64 // of the record at which it shows
	Problem string
}

// Error names the session, the record and what is wrong with it.
func (e *ChainError) Error() string {
	return fmt.Sprintf("session: journal of %v, record %d: %s; keep the file as it is and restore from a backup", e.Session, e.Seq, e.Problem)
}

// Unwrap gives [ErrChain].
func (e *ChainError) Unwrap() error { return ErrChain }

// Check takes the next record read back from a store and moves on. The error
// is a *[ChainError]; the chain stays where it was.
func (c *Chain) Check(r *Record) error {
	bad := func(problem string) error { return &ChainError{c.Session, r.Seq, problem} }
	switch {
	case r.Session != c.Session:
		return bad("belongs to another session")
	case r.Seq != c.Seq+1:
		return bad(fmt.Sprintf("comes after record %d: one is missing or out of order", c.Seq))
	case r.Prev != c.Head:
		return bad("does not follow the record before it")
	case r.Sum() != r.Hash:
		return bad("its contents were changed")
	}
	c.Seq, c.Head = r.Seq, r.Hash
	return nil
}
