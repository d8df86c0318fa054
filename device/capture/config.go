package capture

import "time"

// Defaults of [Config].
const (
	DefaultFileMost  = 16 << 20  // bytes: half an hour of a running pen at 200 readings/s
	DefaultTotalMost = 512 << 20 // bytes
	DefaultQueue     = 512 << 10 // bytes: some seconds of it

	collectEvery = 50 * time.Millisecond
	leastFile    = 4 << 10
)

// Sieve decides what bytes of the pen a capture lets in, and tells which pen
// answers. Its methods are called on the goroutine of [Writer.Run].
type Sieve interface {
	// Read appends to dst what is to be recorded of b, which the host has read. It
	// may hold the end of b back until more comes.
	Read(dst, b []byte) []byte
	// Lost says that the port went: what was held back is forgotten.
	Lost()
	// Pen returns the pen that answers, and whether it is another than last time.
	Pen() (p Pen, news bool)
}

// Config is what a [Writer] is made from. Zero fields mean the defaults.
type Config struct {
	Dir       string // a folder that is there
	Software  string // name and version of the program
	Simulated bool   // known to be of a simulated pen from the beginning
	FileMost  int64  // bytes of one file
	TotalMost int64  // bytes of all captures in Dir: the oldest files make room
	Queue     int    // bytes that may wait
	Sieve     Sieve  // nil: all is let in
	Now       func() time.Time
	// Create makes a new file; nil: in the file system. For tests of full disks.
	Create func(path string) (File, error)
}

// File is where a part goes.
type File interface {
	Write(b []byte) (int, error)
	Close() error
}
