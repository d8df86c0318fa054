// Package campaign plays whole procedures in virtual time, with everything that
// goes wrong in a treatment room, and judges them against what truly happened.
//
// [Run] steps the same values that run live (session.Hot, session.Cold and both
// ends of the link) together with a simulated pen, hand, line, disk and
// technician from one loop. Every delay and every mishap is drawn from the seed:
// the same seed gives the same run, event for event.
//
//	hand ─▶ sim.Pen ─▶ line ─▶ tty ─▶ Hot ─notes─▶ Cold ─batches─▶ model store
//	           ▲                       │  ◀orders─┘  ▲ ◀─committed──┘
//	           └──────── line ◀─ mailbox       technician
//
// The judge believes the needles and the motor ([sim.Truth]), the frames that
// were handed to the pen, and what the model store holds. It never believes
// what the pen reports, what Hot says of itself, or what Cold says was committed.
//
// This is the one package that knows both sides: agent and simulator. It starts
// no goroutine, reads no clock and does no I/O; a run belongs to its caller.
package campaign
