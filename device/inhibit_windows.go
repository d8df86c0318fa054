package device

import (
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sys/windows"
)

// Flags of SetThreadExecutionState.
const (
	esSystemRequired  = 0x00000001
	esDisplayRequired = 0x00000002
	esContinuous      = 0x80000000
)

// inhibitSleep holds the request on a thread of its own: Windows ties it to the
// thread and drops it when the thread ends.
func inhibitSleep(string) (func(), error) {
	set := windows.NewLazySystemDLL("kernel32.dll").NewProc("SetThreadExecutionState")
	if err := set.Find(); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrInhibit, err)
	}
	asked, over, ended := make(chan error), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if was, _, err := set.Call(esContinuous | esSystemRequired | esDisplayRequired); was == 0 {
			asked <- err
			return
		}
		asked <- nil
		<-over
		set.Call(esContinuous)
	}()
	if err := <-asked; err != nil {
		return nil, fmt.Errorf("%w: %v; switch off automatic sleep in the power settings", ErrInhibit, err)
	}
	return sync.OnceFunc(func() {
		close(over)
		<-ended
	}), nil
}
