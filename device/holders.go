package device

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Holder is a program that has a port open, or claims it by a lock file.
type Holder struct {
	PID     int    `json:"pid"`
	Program string `json:"program"` // as its process is called; empty when that can't be read
}

// String is the program for people.
func (h Holder) String() string {
	if h.Program == "" {
		return fmt.Sprintf("process %d", h.PID)
	}
	return fmt.Sprintf("%s (process %d)", h.Program, h.PID)
}

// Holders are the programs other than this one that hold p, as far as this user
// may see: Linux shows the open files of one's own processes only, and of all to
// root. Lock files are seen by everybody; one whose process is gone counts for
// nothing. On other systems there are none: only opening the port tells.
func (s System) Holders(p PortInfo) []Holder {
	found := map[int]bool{}
	for _, pid := range s.processes() {
		if s.hasOpen(pid, p.Name) {
			found[pid] = true
		}
	}
	for _, folder := range []string{"/run/lock", "/var/lock"} {
		if pid := s.locked(folder, p.Name); pid > 0 {
			found[pid] = true
		}
	}
	delete(found, os.Getpid())
	var holders []Holder
	for pid := range found {
		holders = append(holders, Holder{pid, s.program(pid)})
	}
	slices.SortFunc(holders, func(a, b Holder) int { return cmp.Compare(a.PID, b.PID) })
	return holders
}

// processes are the ids of what runs.
func (s System) processes() []int {
	var pids []int
	entries, _ := os.ReadDir(s.path("/proc"))
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// hasOpen reports whether one of the process's files is the port. Links to the
// port were followed when it was opened: the kernel names the device file.
func (s System) hasOpen(pid int, name string) bool {
	folder := s.path("/proc/" + strconv.Itoa(pid) + "/fd")
	entries, _ := os.ReadDir(folder) // fails for other users' processes
	for _, e := range entries {
		if to, err := os.Readlink(filepath.Join(folder, e.Name())); err == nil && to == name {
			return true
		}
	}
	return false
}

// locked is the process that claims the port by a file in folder, 0 when none does
// that still runs. The file holds its id as text, or as four bytes.
// Source: FHS 3.0, 5.9 /var/lock.
func (s System) locked(folder, name string) int {
	b, err := os.ReadFile(s.path(folder + "/LCK.." + filepath.Base(name)))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil && len(b) == 4 {
		pid = int(int32(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24))
	}
	if pid <= 0 || !slices.Contains(s.processes(), pid) {
		return 0
	}
	return pid
}

// program is what a process is called.
func (s System) program(pid int) string {
	return line(s.path("/proc/"+strconv.Itoa(pid)), "comm")
}

// runs reports whether a process of that name does.
func (s System) runs(program string) bool {
	return slices.ContainsFunc(s.processes(), func(pid int) bool { return s.program(pid) == program })
}
