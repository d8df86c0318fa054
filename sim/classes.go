package sim

import "penlog/protocol"

// classes returns a pen for each row of DOMAIN 2 that has figures and is not among
// the others. Capabilities are given out so that every mode of a pen appears, with
// every source of depth: who made which pen says nothing about them.
func classes(g1 Profile) []Profile {
	skinpen := g1
	skinpen.Name, skinpen.About = "skinpen-class", "guarded, reports its ring and the axis, 0–2.5 mm in 0.25 mm steps, 117 Hz, 14 needles"
	skinpen.Source = "DOMAIN 2: SkinPen Precision, K202243; capabilities chosen"
	skinpen.Identity.Model = "SkinPen class (simulated)"
	skinpen.Identity.Caps &^= precise
	skinpen.Identity.Resolution, skinpen.Identity.Accuracy = 0, 0

	unlimited := g1
	unlimited.Name, unlimited.About = "exceed-unlimited-class", "stoppable, measured in 50 µm steps, dial to 1.9 mm over needles of 1.5 mm, 100–150 Hz, battery"
	unlimited.Source = "DOMAIN 2: Exceed Unlimited, K233709; step, accuracy of the Exceed, capabilities chosen"
	unlimited.Identity.Model = "Exceed Unlimited class (sim.)"
	unlimited.Identity.Caps &^= protocol.CapPermits | protocol.CapVaries | protocol.CapAxis
	unlimited.Identity.DepthMax, unlimited.Identity.DepthStep = 1900, 100
	unlimited.Identity.Resolution, unlimited.Identity.Accuracy = 50, 150
	unlimited.Identity.RateMin, unlimited.Identity.RateMax = 1000, 1500
	unlimited.Identity.NeedleLength, unlimited.Identity.NeedleCount = 1500, 6
	unlimited.Play, unlimited.Noise, unlimited.SensorBias, unlimited.SensorNoise = 30, 12, 20, 8
	unlimited.BatteryMAH = 800

	rejuvapen := g1
	rejuvapen.Name, rejuvapen.About = "rejuvapen-class", "stoppable, reports its dial, to 2.5 mm, 12 needles, mains"
	rejuvapen.Source = "DOMAIN 2: Rejuvapen NXT, K192138; step, rate, capabilities chosen"
	rejuvapen.Identity.Model = "Rejuvapen class (simulated)"
	rejuvapen.Identity.Caps &^= precise | protocol.CapPermits | protocol.CapAxis
	rejuvapen.Identity.Resolution, rejuvapen.Identity.Accuracy = 0, 0
	rejuvapen.Identity.RateMin, rejuvapen.Identity.RateMax = 800, 1200
	rejuvapen.Identity.NeedleCount = 12
	rejuvapen.BatteryMAH = 0

	stylus := g1
	stylus.Name, stylus.About = "skinstylus-class", "guarded, measured, no axis, to 2.5 mm, 36 needles, a motor of 1 A"
	stylus.Source = "DOMAIN 2: SkinStylus SteriLock, K200044; step, rate, capabilities chosen"
	stylus.Identity.Model = "SkinStylus class (simulated)"
	stylus.Identity.Caps &^= protocol.CapAxis
	stylus.Identity.RateMin, stylus.Identity.RateMax = 900, 1300
	stylus.Identity.NeedleCount = 36
	stylus.IdleMA, stylus.LoadMA, stylus.StartMA = 300, 700, 700
	stylus.LoadPPM, stylus.BatteryMAH = 90_000, 0

	a20 := g1
	a20.Name, a20.About = "drpen-a20-class", "listens but takes neither permits nor stops, measured in 50 µm steps, digital, to 2.0 mm, 14 needles"
	a20.Source = "DOMAIN 2: Dr. Pen A20 class, K230420; step, rate, accuracy, capabilities chosen"
	a20.Identity.Model = "Dr. Pen A20 class (simulated)"
	a20.Identity.Caps &^= protocol.CapPermits | protocol.CapStop | protocol.CapVaries | protocol.CapAxis
	a20.Identity.StopMS = 0
	a20.Identity.DepthMax, a20.Identity.DepthStep = 2000, 100
	a20.Identity.Resolution, a20.Identity.Accuracy = 50, 100
	a20.Identity.RateMin, a20.Identity.RateMax = 900, 1500
	a20.Identity.NeedleLength = 2000
	a20.Depth, a20.DriveSpeed = DepthDigital, 5000

	pro := g1
	pro.Name, pro.About = "propen-class", "guarded, reports its display, digital, 0.1–1.5 mm in 0.2 mm steps, 14 needles"
	pro.Source = "DOMAIN 2: Dermalogica PRO Pen, K243800; least depth, rate, capabilities chosen"
	pro.Identity.Model = "PRO Pen class (simulated)"
	pro.Identity.Caps &^= precise | protocol.CapAxis
	pro.Identity.DepthMin, pro.Identity.DepthMax, pro.Identity.DepthStep = 100, 1500, 200
	pro.Identity.Resolution, pro.Identity.Accuracy = 0, 0
	pro.Identity.RateMin, pro.Identity.RateMax = 700, 1200
	pro.Identity.NeedleLength = 1500
	pro.Depth, pro.DriveSpeed = DepthDigital, 5000

	codex := g1
	codex.Name, codex.About = "codex-class", "guarded with its own check, measured in 50 µm steps, closed loop, to 2.0 mm, 12 needles"
	codex.Source = "DOMAIN 2: CODE-X, K252591; step, rate, accuracy, capabilities chosen"
	codex.Identity.Model = "CODE-X class (simulated)"
	codex.Identity.Caps = codex.Identity.Caps&^(protocol.CapVaries|protocol.CapAxis) | protocol.CapEnforces
	codex.Identity.DepthMax, codex.Identity.DepthStep = 2000, 100
	codex.Identity.Resolution, codex.Identity.Accuracy = 50, 100
	codex.Identity.RateMin, codex.Identity.RateMax = 800, 1300
	codex.Identity.NeedleLength, codex.Identity.NeedleCount = 2000, 12
	codex.Depth, codex.DriveSpeed = DepthClosed, 4000

	md := g1
	md.Name, md.About = "dermapen-md-class", "only talks, reports its dial, 0.25–2.5 mm, 90 Hz, 11 needles, corded"
	md.Source = "DOMAIN 2: Dermapen MD (V6); capabilities chosen"
	md.Identity.Model = "Dermapen MD class (simulated)"
	md.Identity.Caps = talks | protocol.CapUART | protocol.CapTalksOnly
	md.Identity.StopMS, md.Identity.Resolution, md.Identity.Accuracy = 0, 0, 0
	md.Identity.ReadingsMin, md.Identity.ReadingsMax = 50, 50
	md.Identity.DepthMin = 250
	md.Identity.RateMin, md.Identity.RateMax = 500, 900
	md.Identity.NeedleCount = 11
	md.BatteryMAH = 0

	rate := md
	rate.Name, rate.About = "rate-only", "only talks, reports its rate and no depth at all, to 1.5 mm, 100–150 Hz, 6 needles"
	rate.Source = "DOMAIN 2: Exceed, whose display shows the rate alone; capabilities chosen"
	rate.Identity.Model = "Rate-only R1 (simulated)"
	rate.Identity.Caps &^= protocol.CapSet | protocol.CapContact
	rate.Identity.DepthMin, rate.Identity.DepthMax, rate.Identity.DepthStep = 0, 1500, 100
	rate.Identity.RateMin, rate.Identity.RateMax = 1000, 1500
	rate.Identity.NeedleLength, rate.Identity.NeedleCount = 1500, 6

	return []Profile{skinpen, unlimited, rejuvapen, stylus, a20, pro, codex, md, rate}
}
