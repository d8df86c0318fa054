package live

import (
	"time"

	"penlog/cmd/internal/campaign/script"
	"penlog/protocol"
)

// Hearing is hearing, for its tests.
type Hearing struct{ h hearing }

func NewHearing(x *script.Examiner, now protocol.Instant) *Hearing {
	return &Hearing{hearing{exam: x, heard: now, step: now}}
}

func (h *Hearing) Begin(step int, now protocol.Instant) { h.h.begin(step, now) }
func (h *Hearing) Saw(s script.Sight)                   { h.h.saw(s) }
func (h *Hearing) Told(s script.Sight, sent protocol.Instant, less time.Duration) {
	h.h.told(s, sent, less)
}
func (h *Hearing) Pass(now protocol.Instant)   { h.h.pass(now) }
func (h *Hearing) UpTo(until protocol.Instant) { h.h.upTo(until) }
