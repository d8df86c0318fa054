package agent

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// raisePriority lets every thread of this process go before ordinary programs,
// so that a busy PC can't hold renewals up: the lowest real-time priority, whose
// users together get 95 % of a core at most. (A nice value would do little: most
// desktops share a processor out by session first.) It needs CAP_SYS_NICE or an
// rtprio limit of 1; without, it changes nothing and says why. Threads that come
// later inherit it, and so do child processes.
func raisePriority() error {
	attr := &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1}
	return eachThread(func(tid int) error { return unix.SchedSetAttr(tid, attr, 0) })
}

// eachThread does do for each thread of this process, until no thread has come
// that it was not done for.
func eachThread(do func(tid int) error) error {
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
			if err := do(tid); err != nil && err != unix.ESRCH { // a thread that has ended
				return err
			}
			done[tid], more = true, true
		}
	}
	return nil
}
