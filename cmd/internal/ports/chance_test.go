package ports_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"penlog/cmd/internal/ports"
	"penlog/device"
	"penlog/device/devicetest"
)

// Whatever is plugged in and pulled out: a foreign device and a held port are
// never opened, what is no pen at most once while it stays plugged in, and what is
// found is a pen, the only one. (That nothing is written, atDesk checks.)
func TestFinderAmongWhateverIsPluggedIn(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				rng := rand.New(rand.NewPCG(seed, 1))
				f := ports.NewFinder(d.config())
				opens, pens, tabu := map[string]int{}, map[string]bool{}, map[string]bool{}
				last := "" // where the last pen was: always listened to
				for step := range 30 {
					n := rng.IntN(6)
					name, socket := fmt.Sprint("ttyUSB", n), fmt.Sprint("1-", n)
					d.unplug(name)
					opens[name], pens[name], tabu[name] = 0, false, false
					if rng.IntN(3) > 0 {
						p, g := ch340(name, socket), []gadget{silent, noise, pen(fmt.Sprint(step)), pen(fmt.Sprint(step))}[rng.IntN(4)]
						if rng.IntN(4) == 0 {
							p.Foreign = "modem"
						}
						d.held["/dev/"+name] = []string{"", "", "", "minicom"}[rng.IntN(4)]
						d.plug(p, g)
						tabu[name] = p.Foreign != "" || d.held[p.Name] != ""
						pens[name] = g.pen != ""
					}
					port, _ := f.Open(t.Context(), device.Address{}, device.Options{})
					for _, name := range strings.Fields(d.opened()) {
						opens[name]++
						if tabu[name] || !pens[name] && name != last && opens[name] > 1 {
							t.Fatalf("step %d: %s was opened %d times", step, name, opens[name])
						}
					}
					there := 0
					for name := range pens {
						if pens[name] && !tabu[name] {
							there++
						}
					}
					switch {
					case port == nil && there == 1:
						// For 3 s it may be taken for what was there before.
						time.Sleep(soon)
						var err error
						if port, err = f.Open(t.Context(), device.Address{}, device.Options{}); err != nil {
							t.Fatalf("step %d: the only pen was not found: %v", step, err)
						}
						d.opened()
						last = at(port)
						port.Close()
					case port == nil:
					case !pens[at(port)]:
						t.Fatalf("step %d: found %s, which is no pen", step, at(port))
					default:
						last = at(port)
						port.Close()
					}
					time.Sleep(time.Duration(rng.IntN(5000)) * time.Millisecond)
				}
			})
		})
	}
}

// Whatever bytes come, a pen is found only if its announcement was among them, and
// what is read first is what was sent.
func FuzzFinderHearsOnlyWhatWasSent(f *testing.F) {
	f.Add(announcement("0001"))
	f.Add(append([]byte("noise\x00"), announcement("0001")...))
	f.Add(reading())
	f.Add([]byte{0, 0, 0, 1, 2, 3})
	f.Fuzz(func(t *testing.T, sent []byte) {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t)
			d.plug(ch340("ttyUSB0", "1-1"), silent)
			w := devicetest.NewWire()
			w.Send(sent)
			cfg := d.config()
			cfg.Open = func(_ context.Context, a device.Address, _ device.Options) (*device.Port, error) {
				return device.NewPort(a, w), nil
			}
			port, err := ports.NewFinder(cfg).Open(t.Context(), device.Address{}, device.Options{})
			if err != nil {
				if !w.Closed() {
					t.Error("the port was left open")
				}
				return
			}
			defer port.Close()
			b := make([]byte, 1024)
			n, err := port.Read(b)
			if err != nil && err != os.ErrDeadlineExceeded || n == 0 || !bytes.Contains(sent, bytes.Trim(b[:n], "\x00")) {
				t.Errorf("read % x, %v, which was never sent", b[:n], err)
			}
		})
	})
}
