// Package soak holds tests that run for long and in real time: the soak that
// proves the lease, the stop benchmark, and the weighing of the agent. They stop
// processes and read /proc, so they are for Linux.
package soak
