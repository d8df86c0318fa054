package agent

import (
	"context"
	"log/slog"
)

// PriorityForTest gives what tells of a late reader, and what acts on it.
func PriorityForTest(log *slog.Logger, prioritize func() (func(), error)) (late func(), run func(context.Context)) {
	a := &Agent{cfg: Config{Prioritize: prioritize}, log: log, late: make(chan struct{}, 1)}
	return a.wasLate, a.runPriority
}
