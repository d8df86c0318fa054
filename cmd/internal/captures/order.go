package captures

import (
	"encoding/binary"
	"errors"

	"penlog/protocol"
	"penlog/session"
)

// ErrOrder is an order that this version does not know, or that was cut.
var ErrOrder = errors.New("captures: no order that this program knows")

// codes are the orders as captures hold them: they stay what they are when
// session counts its own anew. Source: CAPTURE.md §3.9.
var codes = [...]session.OrderKind{1: session.OrderWant, 2: session.OrderLease, 3: session.OrderAcknowledge, 4: session.OrderAcceptPen,
	5: session.OrderLocate, 6: session.OrderAckEvent, 7: session.OrderReserve, 8: session.OrderStop}

const (
	flagAllow  = 1 << 0
	flagRecord = 1 << 1
)

// AppendOrder appends o in the form of CAPTURE.md §3.9. It allocates only when dst
// has no room. An order of a kind without a code is appended with code 0, which
// readers pass over.
func AppendOrder(dst []byte, o *session.Order) []byte {
	code := byte(0)
	for c, k := range codes {
		if k == o.Kind {
			code = byte(c)
		}
	}
	flags := byte(0)
	if o.Allow {
		flags |= flagAllow
	}
	if o.Record {
		flags |= flagRecord
	}
	dst = append(dst, code, flags)
	dst = binary.AppendUvarint(dst, uint64(max(o.Ceiling, 0)))
	dst = binary.AppendUvarint(dst, uint64(o.Conn))
	dst = binary.AppendUvarint(dst, uint64(o.ID))
	return binary.AppendVarint(dst, int64(o.Until))
}

// ParseOrder reads an order. The error is [ErrOrder].
func ParseOrder(b []byte) (session.Order, error) {
	if len(b) < 2 || b[0] == 0 || int(b[0]) >= len(codes) {
		return session.Order{}, ErrOrder
	}
	o := session.Order{Kind: codes[b[0]], Allow: b[1]&flagAllow != 0, Record: b[1]&flagRecord != 0}
	b = b[2:]
	var nums [3]uint64
	for i, most := range [...]uint64{protocol.None, 1<<32 - 1, 1<<32 - 1} {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > most {
			return session.Order{}, ErrOrder
		}
		nums[i], b = v, b[n:]
	}
	until, n := binary.Varint(b)
	if n <= 0 {
		return session.Order{}, ErrOrder
	}
	o.Ceiling, o.Conn, o.ID, o.Until = protocol.Micrometres(nums[0]), uint32(nums[1]), uint32(nums[2]), protocol.Instant(until)
	return o, nil
}
