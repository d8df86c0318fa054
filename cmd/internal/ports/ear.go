package ports

import (
	"context"
	"errors"
	"os"
	"time"

	"penlog/device"
	"penlog/protocol"
)

const (
	// ListenFor is how long a port is listened to: the time between two
	// announcements, 1 s ±10 %, and some for the way. Source: PROTOCOL.md §10, T_announce.
	ListenFor = 1200 * time.Millisecond
	// hostedFor is how long, once it speaks PenLink: a pen that lost its host goes on
	// for 1 s before it announces itself. Source: PROTOCOL.md §5.6.
	hostedFor = ListenFor + protocol.PenHostTimeout
	// heardOut is how long is enough to say that no pen is there.
	heardOut = protocol.PenAnnounce + protocol.PenAnnounce/10

	openAgain = 150 * time.Millisecond // udev hands a new port over a moment after it is there
	openTries = 4
)

// Heard is what listening to one port brought.
type Heard struct {
	Port   device.PortInfo
	Pen    *protocol.Identity // it announced itself; nil: no pen did
	Bytes  int                // of all that came
	Frames int                // sound frames that pens send
	Err    error              // it could not be opened, or broke; else nil

	frame []byte        // the announcement as it came
	took  time.Duration // it was listened to, from its opening on
}

// Words say what was heard, for people.
func (h *Heard) Words() string {
	switch {
	case h.Pen != nil:
		return "announces " + penName(h.Pen)
	case h.Err != nil:
		if oe, ok := errors.AsType[*device.OpenError](h.Err); ok {
			return "can't be opened: " + oe.Kind.Error()
		}
		return "broke off while it was listened to"
	case h.Frames > 0:
		return "speaks PenLink and does not announce itself: another host has the pen"
	case h.Bytes > 0:
		return "sends something that is not PenLink"
	}
	return "is silent"
}

// penName is vendor, model and serial, as far as the pen tells them.
func penName(id *protocol.Identity) string {
	name := id.Vendor
	if id.Model != "" {
		name += " " + id.Model
	}
	if name == "" {
		name = "a pen"
	}
	if id.Serial != "" {
		name += ", serial " + id.Serial
	}
	return name
}

type opener = func(context.Context, device.Address, device.Options) (*device.Port, error)

// hear opens the port p and listens until a pen announces itself, or for as long
// as most says, or until ctx ends. It writes nothing. The port is returned open if
// a pen announced itself, and is the caller's then; else it is closed, or
// abandoned if a read hangs in it.
func hear(ctx context.Context, open opener, p device.PortInfo, o device.Options, most time.Duration) (Heard, *device.Port) {
	addr, err := p.Address()
	if err != nil {
		return Heard{Port: p, Err: err}, nil
	}
	port, err := openSettled(ctx, open, addr, o)
	if err != nil {
		return Heard{Port: p, Err: err}, nil
	}
	done := make(chan Heard, 1)
	go func() { done <- listen(ctx, port, p, most) }()
	stuck := time.NewTimer(max(most, hostedFor) + device.StuckAfter)
	defer stuck.Stop()
	ended := ctx.Done()
	for {
		select {
		case h := <-done:
			if h.Pen == nil {
				port.Close()
				return h, nil
			}
			return h, port
		case <-ended:
			ended = nil
			stuck.Reset(device.StuckAfter)
		case <-stuck.C:
			return Heard{Port: p, Err: port.Close()}, nil
		}
	}
}

// openSettled opens a port that may just have appeared.
func openSettled(ctx context.Context, open opener, addr device.Address, o device.Options) (*device.Port, error) {
	for try := 1; ; try++ {
		port, err := open(ctx, addr, o)
		if err == nil || try == openTries || !errors.Is(err, device.ErrPermission) {
			return port, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(openAgain):
		}
	}
}

// listen reads the port until the pen that is there is known, or time is up.
func listen(ctx context.Context, port *device.Port, p device.PortInfo, most time.Duration) Heard {
	h := Heard{Port: p}
	var dec protocol.Decoder
	var f protocol.Frame
	buf := make([]byte, 1024)
	for begin := time.Now(); ctx.Err() == nil && h.Pen == nil && h.took < h.patience(most); h.took = time.Since(begin) {
		n, err := port.Read(buf)
		h.Bytes += n
		for rest, ok := buf[:n], true; ok; {
			if rest, ok = dec.Next(rest, &f); ok {
				h.take(&f)
			}
		}
		if err != nil && err != os.ErrDeadlineExceeded {
			h.Err = err
			break
		}
	}
	return h
}

func (h *Heard) patience(most time.Duration) time.Duration {
	if h.Frames > 0 {
		return max(most, hostedFor)
	}
	return most
}

// take notes one sound frame. Frames of a host on the line are no pen's.
func (h *Heard) take(f *protocol.Frame) {
	if f.Type >= protocol.TypeHello {
		return
	}
	h.Frames++
	if f.Type != protocol.TypeIdentity {
		return
	}
	// A pen that says something impossible is a pen: the guard tells what is wrong.
	id := &protocol.Identity{}
	_ = id.Parse(f.Payload)
	h.Pen = id
	h.frame = protocol.AppendFrame(nil, f.Type, f.Seq, f.Payload)
}

// Simulated reports whether the pen that announced itself is a program.
func (h *Heard) Simulated() bool { return h.Pen != nil && h.Pen.Caps.Has(protocol.CapSimulated) }
