// Package demo plays a session of Penlog for a visitor: a simulated pen in a
// process of its own, the real agent in another, and a technician, who is this
// package. It knows the two processes only from outside: the agent by its HTTP
// API and its record, the pen by its controls and by what is seen at it. What it
// claims it has measured, and what should have happened and did not is listed.
//
// [Run] owns everything: when it returns, no process and no goroutine of it is
// left. One goroutine plays the script; others read the two processes and tell a
// [world], which wakes whoever waits for a state. Nothing waits for a time but
// a reader's eyes.
package demo
