package agent

import (
	"context"
	"log/slog"

	"penlog/session"
)

// AwakeForTest gives what wishes that the PC stays awake, what sees to it, and what
// the checks are told.
func AwakeForTest(log *slog.Logger, inhibit func(string) (func(), error)) (stay func(bool), run func(context.Context), fact func() session.Fact) {
	a := &Agent{cfg: Config{Inhibit: inhibit}, log: log, awake: make(chan bool, 1)}
	return a.stayAwake, a.runAwake, a.awakeFact
}

// PriorityForTest gives what tells of a late reader, and what acts on it.
func PriorityForTest(log *slog.Logger, prioritize func() (func(), error)) (late func(), run func(context.Context)) {
	a := &Agent{cfg: Config{Prioritize: prioritize}, log: log, late: make(chan struct{}, 1)}
	return a.wasLate, a.runPriority
}

// SlowLaneEnded is closed when the session's side of a has ended.
func (a *Agent) SlowLaneEnded() <-chan struct{} { return a.done }
