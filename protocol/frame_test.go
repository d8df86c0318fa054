package protocol_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"iter"
	"testing"

	"penlog/protocol"
)

// The functions below are a second implementation of PROTOCOL.md §2, written
// from its words without regard to speed.

// naiveCRC is CRC-32C bit by bit, unreflected: another way to the same sum than
// the table of hash/crc32.
func naiveCRC(b []byte) uint32 {
	reflect := func(v uint32, n int) (r uint32) {
		for i := range n {
			if v>>i&1 == 1 {
				r |= 1 << (n - 1 - i)
			}
		}
		return r
	}
	sum := uint32(0xffffffff)
	for _, c := range b {
		sum ^= reflect(uint32(c), 8) << 24
		for range 8 {
			if sum>>31 == 1 {
				sum = sum<<1 ^ 0x1edc6f41
			} else {
				sum <<= 1
			}
		}
	}
	return reflect(sum, 32) ^ 0xffffffff
}

// naiveStuff makes a delimited run of raw: cut at the zeros, each piece behind
// its length plus one.
func naiveStuff(raw []byte) []byte {
	out := []byte{0}
	for _, piece := range bytes.Split(raw, []byte{0}) {
		out = append(append(out, byte(len(piece)+1)), piece...)
	}
	return append(out, 0)
}

func naiveUnstuff(run []byte) ([]byte, error) {
	var pieces [][]byte
	for len(run) > 0 {
		n := int(run[0])
		if n == 0 || n > len(run) {
			return nil, errors.New("code byte points past the end")
		}
		pieces = append(pieces, run[1:n])
		run = run[n:]
	}
	return bytes.Join(pieces, []byte{0}), nil
}

func naiveFrame(version, typ byte, seq uint16, payload []byte) []byte {
	raw := append([]byte{version, typ, byte(seq), byte(seq >> 8)}, payload...)
	c := naiveCRC(raw)
	return naiveStuff(append(raw, byte(c), byte(c>>8), byte(c>>16), byte(c>>24)))
}

// decodeAll returns the frames that d finds in b, each with a payload of its own.
func decodeAll(d *protocol.Decoder, b []byte) []protocol.Frame {
	var out []protocol.Frame
	var f protocol.Frame
	for rest, ok := b, true; ok; {
		if rest, ok = d.Next(rest, &f); ok {
			f.Payload = bytes.Clone(f.Payload)
			out = append(out, f)
		}
	}
	return out
}

// chunks cuts b into pieces of n bytes.
func chunks(b []byte, n int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			k := min(n, len(b))
			if !yield(b[:k]) {
				return
			}
			b = b[k:]
		}
	}
}

func TestCRCIsCastagnoli(t *testing.T) {
	if got := naiveCRC([]byte("123456789")); got != 0xe3069283 {
		t.Errorf("CRC-32C of 123456789 is %#x, want 0xe3069283 (PROTOCOL.md §2.3)", got)
	}
}

// These frames were worked out by hand from PROTOCOL.md §2: only the four bytes
// of the sum come from a calculator for CRC-32C.
func TestFramesWorkedOutByHand(t *testing.T) {
	for _, tt := range []struct {
		name    string
		typ     protocol.Type
		seq     uint16
		payload []byte
		want    string
	}{
		{"no payload", 0x47, 0x0102, nil, "00 09 01470201 " + sumHex("01470201") + " 00"},
		{"a zero in the header", 0x47, 0x0001, nil, "00 04 014701 05 " + sumHex("01470100") + " 00"},
		{"zeros at both ends of the payload", 0x03, 0x0101, []byte{0, 7, 0}, "00 05 01030101 02 07 05 " + sumHex("01030101000700") + " 00"},
		{"only zeros", 0x03, 0, []byte{0, 0}, "00 03 0103 01 01 01 05 " + sumHex("010300000000") + " 00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := protocol.AppendFrame(nil, tt.typ, tt.seq, tt.payload)
			want, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(tt.want), []byte(" "), nil)))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("AppendFrame() = % x, want % x", got, want)
			}
		})
	}
}

// sumHex is the little-endian sum of hex bytes; none of those used above holds a zero byte.
func sumHex(s string) string {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	c := naiveCRC(b)
	sum := []byte{byte(c), byte(c >> 8), byte(c >> 16), byte(c >> 24)}
	if bytes.IndexByte(sum, 0) >= 0 {
		panic("choose another example: its sum holds a zero")
	}
	return hex.EncodeToString(sum)
}

func TestFramesAgreeWithTheNaiveEncoder(t *testing.T) {
	for n := 0; n <= protocol.MaxPayload; n++ {
		for _, fill := range []func(i int) byte{
			func(int) byte { return 0 },
			func(int) byte { return 0xff },
			func(i int) byte { return byte(i * 7 % 5) },
		} {
			p := make([]byte, n)
			for i := range p {
				p[i] = fill(i)
			}
			got := protocol.AppendFrame([]byte("before"), protocol.Type(n), uint16(n*257), p)
			want := append([]byte("before"), naiveFrame(1, byte(n), uint16(n*257), p)...)
			if !bytes.Equal(got, want) {
				t.Fatalf("payload % x: AppendFrame() = % x, want % x", p, got, want)
			}
			if size := len(got) - len("before"); size > protocol.MaxFrame || size != n+protocol.Overhead {
				t.Fatalf("a payload of %d bytes makes a frame of %d", n, size)
			}
		}
	}
}

func TestAppendFrameRefusesAnOverlongPayload(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("AppendFrame() took a payload over MaxPayload")
		}
	}()
	protocol.AppendFrame(nil, protocol.TypeReading, 0, make([]byte, protocol.MaxPayload+1))
}

func TestAppendFrameAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, protocol.MaxFrame)
	p := make([]byte, protocol.MaxPayload)
	if n := testing.AllocsPerRun(100, func() { dst = protocol.AppendFrame(dst[:0], protocol.TypeReading, 1, p) }); n != 0 {
		t.Errorf("AppendFrame() allocates %v times", n)
	}
}
