package campaign

import (
	"slices"
	"time"

	"penlog/protocol"
	"penlog/session"
	"penlog/sim"
)

// answer says what Penlog may, and has to, say to one kind of trouble. It is the
// campaign's own reading of the guard's table: what is true of the pen, the line
// and the PC, held against what was recorded.
type answer struct {
	// may are rules that it may break: a trip or hold by one of them has a cause
	// while the trouble lasts, and for a while after it.
	may []session.Rule
	// must are rules of which one has to be broken once the trouble has mattered
	// for so long in a row, with nothing else wrong. Empty: nothing has to be said.
	must    []session.Rule
	within  time.Duration
	matters func(w *world, t *trouble) bool // nil: always
	after   bool                            // it matters once it is over
	// lasts is how long its consequences go on after it; 0: [aftermath].
	lasts time.Duration
	// own are promises that a pen with this trouble breaks by itself.
	own []string
}

// Sets of rules that come together.
var (
	// link: what a line, a cable or a PC that does not run can look like.
	link = []session.Rule{session.ReadingsStale, session.LinkLost, session.PenUnproven, session.PenTestFailing, session.PenSilent, session.CeilingUnconfirmed,
		session.ClockJumped, session.PenBusy, session.NotAPen, session.PenInvalid, session.RecordStalled, session.PenRebooted, session.PenChanged}
	// obey: what a pen that does not do as it is told can look like.
	obey = []session.Rule{session.PenDisobeys, session.MotorWithoutPermit, session.StopUnconfirmed, session.PenUnproven, session.PenTestFailing, session.CeilingUnconfirmed}
	// deep: what wrong depths can look like.
	deep = []session.Rule{session.DepthAboveCeiling, session.DepthUnverifiable, session.ReadingsFrozen, session.ReadingsImpossible}
	// lapsing are those that a pen breaks which goes on until its permit lapses.
	lapsing = []string{"motor without permit", "needles without permit"}
	// loose are the promises of which a motor that can't be stopped keeps none.
	loose = []string{"motor without permit", "needles without permit", "start without press", "host lost", "stop budget", "too deep", "missed depth_above_ceiling"}
)

func rules(sets ...[]session.Rule) []session.Rule { return slices.Concat(sets...) }

func one(r ...session.Rule) []session.Rule { return r }

// Conditions under which a trouble matters.
var (
	running   = func(w *world, _ *trouble) bool { return w.pen.Driven() }
	inSkin    = func(w *world, _ *trouble) bool { return w.pen.Driven() && w.pen.InContact() }
	unpressed = func(w *world, _ *trouble) bool { return w.pen.Driven() && w.judge.unasked }
	// shiftedInSkin: less than nothing is not shown, so that a depth that is small can't be shifted far.
	shiftedInSkin = func(w *world, t *trouble) bool { return inSkin(w, t) && (t.amount > 0 || w.pen.Last() > 400) }
	freely        = func(w *world, _ *trouble) bool { return w.pen.Driven() && !w.pen.Permitted() }
	atLeast       = func(least int64) func(*world, *trouble) bool {
		return func(_ *world, t *trouble) bool { return max(t.amount, -t.amount) >= least }
	}
)

// mapped is how long the map of the pen's clock remembers delays: 16 windows of a
// second. Until then an age may count as greater than it is.
const mapped = 20 * time.Second

const soon = 500 * time.Millisecond // for readings, lanes and commits to go their way

// ofRoom are the answers to sim's faults.
var ofRoom = map[sim.FaultKind]answer{
	sim.FaultIgnoreRevoke:  {may: obey, own: lapsing},
	sim.FaultIgnoreCeiling: {may: rules(obey, deep, one(session.DialAboveCeiling)), own: lapsing},
	sim.FaultIgnoreHello:   {may: rules(link, obey)},
	sim.FaultIgnoreLapse:   {may: obey, must: obey[:3], within: life + 2*soon, matters: freely, own: loose},
	sim.FaultMotorStuck:    {may: rules(obey, deep), must: rules(obey[:3], one(session.DepthAboveCeiling)), within: life + 2*soon, matters: freely, own: loose},
	sim.FaultAckOnly:       {may: rules(obey, deep), must: rules(obey[:3], one(session.DepthAboveCeiling)), within: life + 2*soon, matters: freely, own: loose},
	sim.FaultNoPermit:      {may: rules(obey, deep), must: obey[:3], within: life + 2*soon, matters: freely, own: loose},
	sim.FaultClaimsPermits: {may: rules(obey, deep), lasts: time.Hour, must: obey[:3], within: life + 2*soon, matters: freely, own: loose}, // the host goes by the identity it was told
	sim.FaultLiesCounting:  {may: rules(obey, deep, one(session.ReadingsFrozen)), must: rules(obey[:3], one(session.ReadingsImpossible)), within: 3 * soon, matters: freely, own: loose},
	sim.FaultLies:          {may: rules(obey, deep), own: loose},
	sim.FaultSelfStart:     {may: obey, must: obey[:2], within: time.Second + 2*soon, matters: unpressed, own: loose},
	sim.FaultSlowStop:      {may: rules(obey, deep), own: []string{"needles without permit", "host lost", "stop budget", "too deep"}},
	sim.FaultJam:           {may: one(session.ReadingsFrozen, session.PenFault, session.DepthMissing, session.DepthUnverifiable), must: one(session.ReadingsFrozen, session.PenFault), within: 3*time.Second + soon, matters: running},
	sim.FaultDeep:          {may: deep},
	sim.FaultCreep:         {may: deep},
	sim.FaultDriveStuck:    {may: deep},
	sim.FaultShowsPermit:   {may: obey, must: obey[:2], within: 3 * soon, matters: func(w *world, _ *trouble) bool { return !w.pen.Permitted() && w.pen.Hosted() }},
	sim.FaultFrozen:        {may: rules(link, obey, deep), must: one(session.ReadingsFrozen), within: 3*time.Second + soon, matters: running, own: []string{"stop budget", "too deep"}},
	sim.FaultSparse:        {may: rules(link, obey, deep)},
	sim.FaultBackwards:     {may: one(session.ReadingsImpossible, session.PenDisobeys, session.DepthAboveCeiling), must: one(session.ReadingsImpossible), within: soon, after: true},
	sim.FaultAhead:         {may: one(session.ReadingsImpossible, session.PenDisobeys, session.DepthAboveCeiling), must: one(session.ReadingsImpossible), within: soon, after: true, matters: atLeast(1000)},
	sim.FaultShowsCeiling:  {may: rules(obey, deep, one(session.DialAboveCeiling))},
	sim.FaultEndsEarly:     {may: obey},
	sim.FaultDeaf:          {may: rules(link, obey), must: rules(link, obey), within: 3 * time.Second, own: lapsing},
	sim.FaultMute:          {may: link, must: link[:2], within: time.Second + soon},
	sim.FaultForeign:       {may: link, must: rules(link[:2], one(session.NotAPen)), within: 3*time.Second + soon},
	sim.FaultNewerVersion:  {may: link, must: link, within: 3*time.Second + soon},
	sim.FaultTickJump:      {may: rules(link, obey), lasts: mapped, must: one(session.ClockJumped, session.ReadingsStale, session.LinkLost), within: 3 * time.Second, matters: atLeast(600_000)},
	sim.FaultTickWrap:      {may: rules(link, obey), lasts: mapped},
	sim.FaultDrift:         {lasts: mapped},
	sim.FaultReboot:        {may: rules(link, one(session.PenRebooted)), must: one(session.PenRebooted, session.LinkLost, session.ReadingsStale), within: 3 * time.Second},
	sim.FaultDead:          {may: link, must: link[:2], within: time.Second + soon},
	sim.FaultBatteryLow:    {must: one(session.BatteryLow), within: 3 * time.Second, matters: func(w *world, t *trouble) bool { return t.amount <= 15 && w.pen.Profile().BatteryMAH > 0 }},
	sim.FaultBatteryDead:   {may: link, must: link[:2], within: time.Second + soon, matters: func(w *world, _ *trouble) bool { return w.pen.Profile().BatteryMAH > 0 }},
	sim.FaultReports: {may: one(session.PenFault, session.PenNotWell), must: one(session.PenFault, session.PenNotWell), within: soon,
		matters: func(_ *world, t *trouble) bool { return t.amount&0xff != 0 }},
	sim.FaultReleased:     {may: one(session.PenReleased, session.PenDisobeys, session.MotorWithoutPermit), must: one(session.PenReleased), within: soon, matters: func(_ *world, t *trouble) bool { return !t.unrest }, own: loose},
	sim.FaultCartridgeOut: {},

	sim.FaultStuckSensor:     {may: deep, must: deep, within: 5*time.Second + 3*soon, matters: inSkin},
	sim.FaultSensorBias:      {may: deep, must: deep, within: time.Second + 2*soon, matters: shiftedInSkin},
	sim.FaultSensorDrift:     {may: deep},
	sim.FaultSensorNoise:     {may: deep},
	sim.FaultSensorMissing:   {may: one(session.DepthMissing), must: one(session.DepthMissing), within: 2 * time.Second, matters: running, own: []string{"stop budget", "too deep"}},
	sim.FaultDialMissing:     {may: one(session.DepthMissing), own: []string{"stop budget", "too deep"}},
	sim.FaultClaimsMeasured:  {may: one(session.ReadingsFrozen, session.DepthMissing), lasts: time.Hour}, // the host goes by the identity it was told
	sim.FaultContactOn:       {may: one(session.ReadingsFrozen, session.DepthUnverifiable)},
	sim.FaultContactOff:      {},
	sim.FaultLineNoise:       {may: link},
	sim.FaultFlipBits:        {may: link},
	sim.FaultDropBytes:       {may: link},
	sim.FaultInsertBytes:     {may: link},
	sim.FaultLoseFrames:      {may: link},
	sim.FaultDuplicateFrames: {may: link},
	sim.FaultReorderFrames:   {may: link},
	sim.FaultDelay:           {may: rules(link, one(session.StopUnconfirmed)), lasts: mapped},
	sim.FaultJitter:          {may: rules(link, one(session.StopUnconfirmed)), lasts: mapped},
	sim.FaultBurst:           {may: rules(link, one(session.StopUnconfirmed)), lasts: mapped},
	sim.FaultStall:           {may: rules(link, one(session.StopUnconfirmed))},
	sim.FaultLineDead:        {may: rules(link, one(session.StopUnconfirmed)), must: link, within: 3 * time.Second},
	sim.FaultUnplugged:       {may: link, must: link[:2], within: time.Second + soon},
	sim.FaultOtherName:       {may: link},
	sim.FaultOtherPen:        {may: link},
	sim.FaultLooseContact:    {may: link},
	sim.FaultEcho:            {may: link},
	sim.FaultReplayPermits:   {may: link},
	sim.FaultReplayFrames:    {may: link},
	sim.FaultSecondHost:      {may: link},
	sim.FaultTakeOver:        {may: link, must: link, within: 3 * time.Second},
	sim.FaultSecondPen:       {may: rules(link, obey, deep, one(session.PenFault, session.PenNotWell, session.DepthMissing, session.DialAboveCeiling)), lasts: mapped},
	sim.FaultForeignTalk:     {may: link},
}

// ofPC are the answers to what happens to the PC.
var ofPC = map[string]answer{
	"agent-stall":  {may: rules(link, one(session.RecordStalled))},
	"hot-stall":    {may: link},
	"cold-stall":   {may: link},
	"agent-killed": {may: link},
	"suspend":      {may: link, must: link, after: true, within: 2 * time.Second, matters: func(w *world, t *trouble) bool { return w.now > t.until && t.until-t.from > 1_000_000 }},
	"disk-stall":   {may: one(session.RecordStalled), must: one(session.RecordStalled), within: session.CommitLease + 3*soon, matters: func(w *world, t *trouble) bool { return w.now < t.until && w.pen.Rate() > 0 }},
	"disk-fails":   {may: one(session.RecordStalled), must: one(session.RecordStalled), within: session.CommitLease + 3*soon, matters: func(w *world, t *trouble) bool { return w.now < t.until && w.pen.Rate() > 0 }},
	"disk-slow":    {may: one(session.RecordStalled)},
	"disk-full":    {may: one(session.DiskFull, session.RecordStalled), must: one(session.DiskFull), within: 2 * time.Second, matters: func(w *world, t *trouble) bool { return !w.disk.held }},
	"wall-clock":   {may: link, must: one(session.ClockJumped), within: 2 * soon, matters: atLeast(600)},
	"time-zone":    {},
}

// trouble is a deed that makes trouble, for as long as it does.
type trouble struct {
	verb   string
	kind   sim.FaultKind
	room   bool
	amount int64
	answer answer
	from   protocol.Instant
	until  protocol.Instant // never: until it is cleared
	unrest bool             // the needles were not at rest when it began
	duty   bool             // Penlog has to say something about it
	since  protocol.Instant // it has mattered in a row since; 0: it does not
	done   bool             // that was said, or it is too late to tell
}
