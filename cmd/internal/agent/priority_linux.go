package agent

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Prioritize lets every thread of this process go before ordinary programs, until
// undo: the lowest real-time priority, whose users together get 95 % of a core at
// most. (A nice value would do little: most desktops share a processor out by
// session first.) It needs CAP_SYS_NICE or an rtprio limit of 1; without, it
// changes nothing and says why. Threads that come later inherit it, and so do
// child processes that are started meanwhile.
func Prioritize() (undo func(), err error) {
	was, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return nil, err
	}
	first := &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1}
	if err := eachThread(first); err != nil {
		return nil, err
	}
	return func() { _ = eachThread(was) }, nil
}

// eachThread schedules each thread of this process by attr, until no thread has
// come that was not.
func eachThread(attr *unix.SchedAttr) error {
	done := map[int]bool{}
	for more := true; more; {
		more = false
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, e := range threads {
			tid, err := strconv.Atoi(e.Name())
			if err != nil || done[tid] {
				continue
			}
			if err := unix.SchedSetAttr(tid, attr, 0); err != nil && err != unix.ESRCH { // a thread that has ended
				return err
			}
			done[tid], more = true, true
		}
	}
	return nil
}
