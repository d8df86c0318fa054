package agent

import (
	"context"

	"penlog/device/capture"
)

// runCapture writes what is captured until ctx ends. When that can't be done any
// more it says so once: capturing is over, and nothing else is.
func (a *Agent) runCapture(ctx context.Context) {
	if a.cfg.Capture == nil {
		return
	}
	if err := a.cfg.Capture.Run(ctx); err != nil {
		a.log.Error("nothing is captured any more", "err", err)
		return
	}
	if s := a.cfg.Capture.Status(); s.Dropped > 0 {
		a.log.Warn("the capture has gaps: the disk was too slow", "records", s.Dropped, "file", s.Path)
	}
}

// Capturing tells how capturing stands; on is false where nothing was to be captured.
func (a *Agent) Capturing() (s capture.Status, on bool) {
	return a.cfg.Capture.Status(), a.cfg.Capture != nil
}
