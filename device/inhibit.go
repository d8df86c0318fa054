package device

import "errors"

// ErrInhibit is a system that does not let us keep it awake. What the
// error says besides is for people: show 'sleep not inhibited' with it.
var ErrInhibit = errors.New("device: sleep not inhibited")

// InhibitSleep keeps this PC from going to sleep, and its screen from going
// dark where the system allows it, until release is called, which may be called
// more than once. reason is shown to people by some systems. When the process
// dies, the system forgets the request by itself. It blocks for 3 s at most.
//
// A lid that is closed or a button that is pressed may send the PC to sleep all the
// same: nothing may depend on this.
func InhibitSleep(reason string) (release func(), err error) {
	return inhibitSleep(reason)
}
