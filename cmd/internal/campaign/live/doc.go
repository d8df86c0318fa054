// Package live plays scripts in real time against an agent that runs, and gives the
// verdicts that the virtual world gives. The pen is a simulated one on a
// pseudo-terminal that the agent reads; the screen is the agent's API; technician,
// hand and what is true of the pen are those of [campaign].
//
// Pen, hand, steps and what is seen belong to one goroutine, that of [simpen.Run];
// what comes from the agent reaches it through a queue. What is true of the pen is
// seen at its exact moment. Of what the agent decides only the moment is known at
// which the stream told of it: it is dated back by [Allowance].
//
// It can't do what happens to the PC that the agent runs on: [Impossible] says why a
// script is not for it.
package live
