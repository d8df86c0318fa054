package device_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"penlog/device"
)

// The name stays, the port behind it is another: so it is with a by-id link.
func TestKeeperFindsAReplugOnRealPorts(t *testing.T) {
	link := filepath.Join(t.TempDir(), "pen")
	lost := make(chan error, 1)
	k, err := device.NewKeeper(device.KeeperConfig{
		Addr: address(t, "serial://"+link),
		Opened: func(l *device.Line) device.Handler {
			return stepper(func(b []byte, _ bool) {
				if len(b) > 0 {
					l.Out().PutControl(b)
				}
			})
		},
		Lost: func(err error) { lost <- err },
		Log:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error, 1)
	go func() { end <- k.Run(ctx) }()
	for range 3 {
		pen, slave, _ := openPTY(t)
		plugged := time.Now()
		if err := os.Symlink(slave.Name(), link); err != nil {
			t.Fatal(err)
		}
		pen.Write([]byte("hello")) // waits in the terminal, or comes after the open
		if _, err := io.ReadFull(pen, make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(plugged); took > 3*time.Second {
			t.Errorf("the pen was answered %v after it was plugged in", took)
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
		pen.Close()
		if err := <-lost; !errors.Is(err, device.ErrLost) {
			t.Errorf("Lost(%v), want %v", err, device.ErrLost)
		}
	}
	cancel()
	if err := <-end; err != nil {
		t.Errorf("Run() = %v", err)
	}
	if s := k.Stats(); s.BytesIn != 15 || s.BytesOut != 15 || s.Abandoned != 0 {
		t.Errorf("Stats() = %+v, want 15 bytes each way", s)
	}
}
