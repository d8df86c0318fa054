package sim

import "penlog/protocol"

// Capabilities that belong together.
const (
	talks   = protocol.CapSimulated | protocol.CapSet | protocol.CapContact
	guarded = talks | protocol.CapPermits | protocol.CapStop | protocol.CapParks | protocol.CapAnnounces
	precise = protocol.CapMeasured | protocol.CapVaries
)

// Profiles returns every pen there is, the reference first. None of them exists
// as a product: no pen on the market has a data link (DOMAIN 2). 'Class' means
// that depth range, rate and needles are those of such a pen, as far as DOMAIN 2
// has them; what a profile's Source calls chosen is not known of any.
func Profiles() []Profile {
	g1 := reference()

	usb := g1
	usb.Name, usb.About = "reference-usb", "the reference on native USB: no UART, up to 1000 readings a second"
	usb.Identity.Model = "Reference G1 USB (simulated)"
	usb.Identity.Caps &^= protocol.CapUART
	usb.Identity.BaudMax = 0

	own := g1
	own.Name, own.About = "enforcing", "the reference with its own check of depth against the ceiling"
	own.Identity.Model = "Reference G2 (simulated)"
	own.Identity.Caps |= protocol.CapEnforces

	exceed := g1
	exceed.Name, exceed.About = "exceed-class", "guarded, measured in 50 µm steps, ±0.15 mm, 100–150 Hz, 6 needles"
	exceed.Source = "DOMAIN 2: Exceed, K180778, K182407"
	exceed.Identity.Model = "Exceed class (simulated)"
	exceed.Identity.Caps &^= protocol.CapVaries
	exceed.Identity.DepthMax, exceed.Identity.DepthStep = 1500, 100
	exceed.Identity.Resolution, exceed.Identity.Accuracy = 50, 150
	exceed.Identity.RateMin, exceed.Identity.RateMax = 1000, 1500
	exceed.Identity.NeedleLength, exceed.Identity.NeedleCount = 1500, 6
	exceed.Identity.StopMS = 80
	exceed.SetDepth, exceed.Play, exceed.Noise, exceed.SensorBias, exceed.SensorNoise = 500, 30, 12, 20, 8
	exceed.BrakeMS, exceed.RetractMS, exceed.BatteryMAH = 60, 10, 0

	dp4 := g1
	dp4.Name, dp4.About = "dermapen4-class", "guarded, closed loop, 0.2–3.0 mm in 0.1 mm steps, 120 Hz, 16 needles"
	dp4.Source = "DOMAIN 2: Dermapen 4, rate and needles as claimed"
	dp4.Identity.Model = "Dermapen 4 class (simulated)"
	dp4.Identity.DepthMin, dp4.Identity.DepthMax, dp4.Identity.DepthStep = 200, 3000, 100
	dp4.Identity.RateMin, dp4.Identity.RateMax = 800, 1200
	dp4.Identity.NeedleLength, dp4.Identity.NeedleCount = 3000, 16
	dp4.Depth, dp4.DriveSpeed, dp4.Travel = DepthClosed, 4000, 4000

	set := g1
	set.Name, set.About = "set-only", "guarded, reports the dial but not the needles"
	set.Source = "DOMAIN 2: read-outs show the set depth where there is one"
	set.Identity.Model = "Set-only S1 (simulated)"
	set.Identity.Caps &^= precise | protocol.CapAxis
	set.Identity.Resolution, set.Identity.Accuracy = 0, 0

	stop := g1
	stop.Name, stop.About = "stoppable", "takes a stop but no permits, measured"
	stop.Identity.Model = "Stoppable T1 (simulated)"
	stop.Identity.Caps &^= protocol.CapPermits

	monitor := g1
	monitor.Name, monitor.About = "monitor-only", "only talks, measured"
	monitor.Identity.Model = "Talker M1 (simulated)"
	monitor.Identity.Caps = talks | precise | protocol.CapUART | protocol.CapTalksOnly
	monitor.Identity.StopMS = 0
	monitor.Identity.ReadingsMin, monitor.Identity.ReadingsMax = 50, 50

	fast := monitor
	fast.Name, fast.About = "fast-dial", "only talks, reports the dial, up to 300 Hz, 36 needles"
	fast.Source = "DOMAIN 2: Dr. Pen consumer line, rate as claimed by its vendor"
	fast.Identity.Model = "Fast dial class (simulated)"
	fast.Identity.Caps &^= precise
	fast.Identity.DepthMin, fast.Identity.Resolution, fast.Identity.Accuracy = 250, 0, 0
	fast.Identity.RateMin, fast.Identity.RateMax = 1500, 3000
	fast.Identity.NeedleCount = 36

	return append([]Profile{g1, usb, own, exceed, dp4, set, stop, monitor, fast}, classes(g1)...)
}

// reference is the pen that has everything PenLink 1 can use, in the range,
// steps, rate and needles of the one pen with a published FDA label of them.
func reference() Profile {
	return Profile{
		Name:   "reference",
		About:  "guarded, measured, 0–2.5 mm in 0.25 mm steps, 117 Hz, 14 needles",
		Source: "DOMAIN 2: range, steps, rate and needles of SkinPen Precision; the rest is chosen",
		Identity: protocol.Identity{
			MinVersion: 1, MaxVersion: 1,
			Caps:     guarded | precise | protocol.CapAxis | protocol.CapUART,
			DepthMin: 0, DepthMax: 2500, DepthStep: 250, Resolution: 5, Accuracy: 50,
			RateMin: 1170, RateMax: 1170, StopMS: 60,
			ReadingsMin: 20, ReadingsMax: 1000, BaudMax: 921600,
			NeedleLength: 2500, NeedleCount: 14,
			Vendor: "Penlog simulator", Model: "Reference G1 (simulated)", Firmware: "sim 1",
		},
		Depth: DepthDial, SetDepth: 500, DialSpeed: 2500, DriveSpeed: 20_000, Travel: 3500,
		Play: 8, Noise: 5, SensorBias: 5, SensorNoise: 3,
		RiseMS: 60, BrakeMS: 40, RetractMS: 10, RipplePPM: 4000, LoadPPM: 60_000,
		IdleMA: 180, LoadMA: 220, StartMA: 600, BatteryMAH: 1200, BootMS: 300,
	}
}
