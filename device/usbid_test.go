package device_test

import (
	"strings"
	"testing"

	"penlog/device"
)

func TestParseUSBID(t *testing.T) {
	for in, want := range map[string]string{"0403:6001": "0403:6001", "1A86:7523": "1a86:7523", " 0x067b:0x2303 ": "067b:2303", "403:1": "0403:0001"} {
		if got, err := device.ParseUSBID(in); err != nil || got.String() != want {
			t.Errorf("ParseUSBID(%q) = %v, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "0403", "0403:", ":6001", "0403:6001:1", "04030:6001", "ftdi:6001", "0403-6001"} {
		if got, err := device.ParseUSBID(in); err == nil || !strings.Contains(err.Error(), "e.g. 0403:6001") {
			t.Errorf("ParseUSBID(%q) = %v, %v, want an example", in, got, err)
		}
	}
}

func TestUdevRules(t *testing.T) {
	id, _ := device.ParseUSBID("2e8a:000a")
	got := device.UdevRules([]device.USBID{id, id})
	for _, want := range []string{
		"sudo tee /etc/udev/rules.d/70-penlog.rules",
		"udevadm control --reload",
		"SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", ATTR{idVendor}==\"0403\", ENV{ID_MM_DEVICE_IGNORE}=\"1\"\n",
		"SUBSYSTEM==\"tty\", SUBSYSTEMS==\"usb\", ENV{ID_VENDOR_ID}==\"1a86\", MODE=\"0660\", TAG+=\"uaccess\", ENV{ID_MM_DEVICE_IGNORE}=\"1\", ENV{ID_PENLOG}=\"1\"\n",
		"ATTR{idVendor}==\"2e8a\", ATTR{idProduct}==\"000a\", ENV{ID_MM_DEVICE_IGNORE}=\"1\"\n",
		"ENV{ID_VENDOR_ID}==\"2e8a\", ENV{ID_MODEL_ID}==\"000a\", MODE=\"0660\"",
		"SUBSYSTEM==\"usb-serial\", DRIVER==\"ftdi_sio\", ATTR{latency_timer}=\"1\"\n",
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%d × %q in:\n%s", strings.Count(got, want), want, got)
		}
	}
	// Each line is a comment, empty, or a list of key, operator and quoted value;
	// whatever jumps, jumps to a label that is there.
	for line := range strings.Lines(got) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		for _, term := range strings.Split(line, ", ") {
			if strings.Count(term, `"`) != 2 || !strings.HasSuffix(term, `"`) || !strings.Contains(term, "=") {
				t.Errorf("not a term of a rule: %q", term)
			}
		}
	}
	if strings.Count(got, `GOTO="penlog_end"`) != 1 || !strings.HasSuffix(got, "LABEL=\"penlog_end\"\n") {
		t.Errorf("the end is not where rules jump to:\n%s", got)
	}
	if plain := device.UdevRules(nil); strings.Contains(plain, "2e8a") || strings.Count(plain, "TAG+=") != 4 {
		t.Errorf("without further ids:\n%s", plain)
	}
}
