// Package campaign plays whole procedures in virtual time, with everything that
// goes wrong in a treatment room, and judges them against what truly happened.
//
// A procedure is a [script.Script]: a scenario that somebody wrote, or one that
// [Draw] made of a seed. [Play] steps the same values that run live (session.Hot,
// session.Cold and both ends of the link) together with a simulated rig, hand, disk
// and technician from one loop. What the script leaves open is drawn from its seed,
// each delay and each queue of the agent among it: the same script gives the same
// run, event for event. [Shrink] makes one that failed smaller.
//
//	hand ─▶ sim.Rig: pen, line, cable, what else hangs on it ─▶ tty ─▶ Hot ─notes─▶ Cold ─batches─▶ model store
//	            ▲                                                │  ◀orders─┘  ▲ ◀─committed──┘
//	            └───────────────────────── mailbox ◀─────────────┘         technician
//
// The judge believes the needles and the motor, the frames that were handed to the
// pen and to Hot, and what the model store holds. It never believes what Hot says of
// itself, or what Cold says was committed. Of each trouble it knows what Penlog may
// say about it, and what it has to (answers.go); of each rule of the guard, from the
// readings alone, when it has to be said by name (oracle*.go).
//
// This is the one package that knows both sides: agent and simulator. It starts
// no goroutine, reads no clock and does no I/O; a run belongs to its caller.
package campaign
