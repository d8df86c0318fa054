package replay

import (
	"fmt"

	"penlog/protocol"
)

// motor follows the motor by the readings.
type motor struct {
	on      bool
	have    bool
	from    uint32 // strokes
	last    protocol.Reading
	deepest protocol.Micrometres
}

func (m *motor) see(p *player, r *protocol.Reading) {
	on := r.MotorOn()
	if on && !m.on {
		m.from, m.deepest = r.Strokes, -1
		if m.have {
			m.from = m.last.Strokes
		}
		p.tell("motor on")
	}
	if r.Measured != protocol.None && (on || m.on) {
		m.deepest = max(m.deepest, protocol.Micrometres(r.Measured))
	}
	m.last, m.have = *r, true
	if m.on && !on {
		p.tell("motor off: %s", m.words())
	}
	m.on = on
}

// part ends what is known of a pen whose session ends: the next one counts anew.
func (m *motor) part(p *player) {
	if m.on {
		p.tell("the motor was on, as last heard: %s", m.words())
	}
	*m = motor{}
}

func (m *motor) words() string {
	s := fmt.Sprintf("%d strokes", int32(m.last.Strokes-m.from))
	if m.deepest >= 0 {
		s += ", deepest " + m.deepest.MM()
	}
	return s
}

func (m *motor) end(p *player) {
	if m.on {
		p.tell("the capture ends with the motor on: %s", m.words())
	}
}
