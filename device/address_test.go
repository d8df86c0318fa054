package device_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"penlog/device"
)

func address(tb testing.TB, text string) device.Address {
	tb.Helper()
	a, err := device.ParseAddress(text)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func TestParseAddressKeepsWhatItAccepts(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"serial:///dev/ttyUSB0", "serial:///dev/ttyUSB0"},
		{"serial:///dev/pts/5", "serial:///dev/pts/5"},
		{"serial:///dev/serial/by-id/usb-FTDI_A:B-if00", "serial:///dev/serial/by-id/usb-FTDI_A:B-if00"},
		{"serial:///dev/../dev/ttyACM0", "serial:///dev/../dev/ttyACM0"}, // opened as given
		{"serial://COM5", "serial://COM5"},
		{"Serial://com12", "serial://COM12"},
		{`serial://\\.\COM12`, "serial://COM12"},
		{" tcp://localhost:4000\n", "tcp://localhost:4000"},
		{"TCP://10.0.0.7:04000", "tcp://10.0.0.7:4000"},
		{"tcp://[::1]:4000", "tcp://[::1]:4000"},
		{" Auto ", "auto"},
		{"tcp://[fe80::1%eth0]:4000", "tcp://[fe80::1%eth0]:4000"},
	} {
		a, err := device.ParseAddress(tt.in)
		if err != nil || a.String() != tt.want {
			t.Errorf("ParseAddress(%q) = %v, %v, want %s", tt.in, a, err, tt.want)
			continue
		}
		if again, err := device.ParseAddress(a.String()); err != nil || again != a {
			t.Errorf("ParseAddress(%q) = %v, %v, want what printed it", a, again, err)
		}
		if want := strings.HasPrefix(tt.want, "serial:"); a.Serial() != want {
			t.Errorf("%v: Serial() = %v, want %v", a, a.Serial(), want)
		}
		if want := tt.want == "auto"; a.Auto() != want {
			t.Errorf("%v: Auto() = %v, want %v", a, a.Auto(), want)
		}
	}
}

func TestParseAddressRefusesWithWhatToDo(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", "write serial:///dev/ttyUSB0, serial://COM5 or tcp://host:port, or auto"},
		{"atuo", "did you mean auto?"},
		{"auto://", `unknown scheme "auto"`},
		{"/dev/ttyUSB0", "write serial:///dev/ttyUSB0"},
		{"//dev/ttyUSB0", "write serial:///dev/ttyUSB0"},
		{"ttyUSB0", "write serial:///dev/ttyUSB0"},
		{"COM5", "write serial://COM5"},
		{"com5", "write serial://COM5"},
		{`\\.\COM10`, "write serial://COM10"},
		{"serial:/dev/ttyUSB0", "write serial:///dev/ttyUSB0"},
		{"serial:COM5", "write serial://COM5"},
		{"serial://dev/ttyUSB0", "write serial:///dev/ttyUSB0"},
		{"serial://ttyUSB0", "write serial:///dev/ttyUSB0"},
		{"serial://", "the port's name is missing"},
		{"serial:///dev/", "the path ends without a device"},
		{"serial:///", "the path ends without a device"},
		{"serial://COM", "write COM and a number"},
		{"serial://COM0", "write COM and a number"},
		{"serial:///dev/ttyUSB0?baud=9600", "the speed is a setting of its own"},
		{"serail:///dev/ttyUSB0", "did you mean serial:///dev/ttyUSB0?"},
		{"seral://COM5", "did you mean serial://COM5?"},
		{"tpc://pen:4000", "did you mean tcp://pen:4000?"},
		{"http://pen:4000", `unknown scheme "http"`},
		{"localhost:4000", "write tcp://localhost:4000"},
		{"tcp://", "write tcp://host:port"},
		{"tcp://pen", "write tcp://pen:PORT"},
		{"tcp://10.0.0.7", "write tcp://10.0.0.7:PORT"},
		{"tcp://::1", "write tcp://[::1]:PORT"},
		{"tcp://[::1]", "write tcp://[::1]:PORT"},
		{"tcp://a:b:c", "write tcp://[address]:port"},
		{"tcp://:4000", "for this PC write tcp://127.0.0.1:4000"},
		{"tcp://pen:0", `"0" is no port number`},
		{"tcp://pen:99999", `"99999" is no port number`},
		{"tcp://pen:http", `"http" is no port number`},
		{"tcp://pen:4000/x", "only host:port may follow tcp://"},
		{"serial:///dev/tty\x00USB0", "control character"},
	} {
		a, err := device.ParseAddress(tt.in)
		if _, ok := errors.AsType[*device.AddressError](err); !ok || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseAddress(%q) = %v, %v, want an error with %q", tt.in, a, err, tt.want)
		}
	}
}

func TestAddressInJSON(t *testing.T) {
	var got struct{ A, B device.Address }
	if err := json.Unmarshal([]byte(`{"A":"serial://com5","B":""}`), &got); err != nil {
		t.Fatal(err)
	}
	if b, err := json.Marshal(got); err != nil || string(b) != `{"A":"serial://COM5","B":""}` {
		t.Errorf("Marshal = %s, %v", b, err)
	}
	if err := json.Unmarshal([]byte(`{"A":"COM5"}`), &got); err == nil {
		t.Error("Unmarshal took an address without a scheme")
	}
}

func FuzzAddressRoundTrips(f *testing.F) {
	for _, s := range []string{"serial:///dev/ttyUSB0", "serial://COM5", "tcp://[::1]:1", "tcp://::1:4000", "tcp://[a", "auto", "://", "serial://\\\\.\\COM1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := device.ParseAddress(s)
		if err != nil {
			return
		}
		if again, err := device.ParseAddress(a.String()); err != nil || again != a {
			t.Errorf("ParseAddress(%q) = %q, which parses as %q, %v", s, a, again, err)
		}
	})
}
