package agent

import "golang.org/x/sys/unix"

// lockMemory keeps the pages this process touches in memory, so that a disk
// that is busy with paging can't hold a renewal up. It needs CAP_IPC_LOCK, or a
// memlock limit above the whole address space; without, it changes nothing.
func lockMemory() error {
	return unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT)
}
