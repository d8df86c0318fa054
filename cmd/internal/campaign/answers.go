package campaign

import (
	"fmt"
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
	tells   string                          // or what the pen says of itself has to be recorded, by the record's word for it
	matters func(w *world, t *trouble) bool // nil: always
	after   bool                            // it matters once it is over
	// aged says that the host's map of the pen's clock remembers it for so long as [mapped]:
	// readings may count as stale meanwhile, as they are not.
	aged bool
	// by are the deeds by which it comes to matter: they relieve nobody of the answer.
	by []string
	// own are promises that a pen with this trouble breaks by itself.
	own []string
}

// Sets of rules that come together.
var (
	// hushed: what frames that do not come up can look like.
	hushed = []session.Rule{session.ReadingsStale, session.LinkLost, session.PenUnproven}
	// unheard: what frames that do not come down can look like, too.
	unheard = rules(hushed, one(session.PenTestFailing, session.PenSilent, session.CeilingUnconfirmed))
	// belated: what frames that come late can look like, too.
	belated = rules(unheard, one(session.StopUnconfirmed))
	// seized: what a pen that is another host's can look like.
	seized = rules(unheard, one(session.PenBusy))
	// obey: what a pen that does not do as it is told can look like.
	obey = []session.Rule{session.PenDisobeys, session.MotorWithoutPermit, session.StopUnconfirmed, session.PenUnproven, session.PenTestFailing, session.CeilingUnconfirmed}
	// deep: what wrong depths can look like.
	deep = []session.Rule{session.DepthAboveCeiling, session.DepthUnverifiable, session.ReadingsImpossible}
	// over: what needles that run on under a ceiling that fell can look like.
	over = one(session.DepthAboveCeiling)
	// restarts: what a pen without power can look like.
	restarts = rules(seized, one(session.PenRebooted, session.ClockJumped))
	// noise: what bytes of chance can look like.
	noise = rules(seized, one(session.NotAPen))
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
	sim.FaultIgnoreCeiling: {may: rules(obey, over, one(session.DialAboveCeiling)), own: lapsing},
	sim.FaultIgnoreHello:   {may: seized},
	sim.FaultIgnoreLapse:   {may: obey, must: obey[:3], within: life + 2*soon, matters: freely, by: []string{"hot-stall"}, own: loose},
	sim.FaultMotorStuck:    {may: rules(obey, over), must: rules(obey[:3], over), within: life + 2*soon, matters: freely, own: loose},
	sim.FaultAckOnly:       {may: rules(obey, over), must: rules(obey[:3], over), within: life + 2*soon, matters: freely, own: loose},
	sim.FaultNoPermit:      {may: rules(obey, over), must: obey[:3], within: life + 2*soon, matters: freely, own: loose},
	sim.FaultClaimsPermits: {may: rules(obey, over, unheard), must: obey[:3], within: life + 2*soon, matters: freely, own: loose},
	sim.FaultLiesCounting:  {may: rules(obey, over), must: rules(obey[:3], one(session.ReadingsImpossible)), within: 3 * soon, matters: freely, own: loose},
	sim.FaultLies:          {may: rules(obey, over), own: loose},
	sim.FaultSelfStart:     {may: obey, must: obey[:2], within: time.Second + 2*soon, matters: unpressed, own: loose},
	sim.FaultSlowStop:      {may: rules(obey, over)}, // by how much is known: see [judge.stops]
	sim.FaultJam:           {may: one(session.ReadingsFrozen, session.PenFault, session.DepthMissing, session.DepthUnverifiable), must: one(session.ReadingsFrozen, session.PenFault), within: 3*time.Second + soon, matters: running},
	sim.FaultDeep:          {may: deep},
	sim.FaultCreep:         {may: deep},
	sim.FaultDriveStuck:    {may: deep},
	sim.FaultShowsPermit:   {may: obey, must: obey[:2], within: 3 * soon, matters: func(w *world, _ *trouble) bool { return !w.pen.Permitted() && w.pen.Hosted() }},
	sim.FaultFrozen:        {may: rules(unheard, obey, over, one(session.ReadingsFrozen, session.ReadingsImpossible)), must: one(session.ReadingsFrozen), within: 3*time.Second + soon, matters: running, own: []string{"stop budget", "too deep"}},
	sim.FaultSparse:        {may: rules(belated, one(session.RecordStalled))}, // there is little to commit
	sim.FaultBackwards:     {may: one(session.ReadingsImpossible, session.PenDisobeys, session.DepthAboveCeiling), must: one(session.ReadingsImpossible), within: soon, after: true},
	sim.FaultAhead:         {may: one(session.ReadingsImpossible, session.PenDisobeys, session.DepthAboveCeiling), must: one(session.ReadingsImpossible), within: soon, after: true, matters: atLeast(1000)},
	sim.FaultShowsCeiling:  {may: rules(obey, over, one(session.DialAboveCeiling))},
	sim.FaultEndsEarly:     {may: obey},
	sim.FaultDeaf:          {may: rules(seized, obey), must: rules(unheard, obey), within: 3 * time.Second, own: lapsing},
	sim.FaultMute:          {may: seized, must: hushed[:2], within: time.Second + soon},
	sim.FaultForeign:       {may: rules(seized, one(session.NotAPen)), must: rules(hushed[:2], one(session.NotAPen)), within: 3*time.Second + soon},
	sim.FaultNewerVersion:  {may: rules(restarts, one(session.PenInvalid)), must: rules(hushed, one(session.PenInvalid)), within: 3*time.Second + soon},
	sim.FaultTickJump:      {may: rules(unheard, obey, one(session.ClockJumped)), aged: true, must: one(session.ClockJumped, session.ReadingsStale, session.LinkLost), within: 3 * time.Second, matters: atLeast(600_000)},
	sim.FaultTickWrap:      {may: rules(unheard, obey, one(session.ClockJumped)), aged: true},
	sim.FaultDrift:         {aged: true},
	sim.FaultReboot:        {may: restarts, must: one(session.PenRebooted, session.LinkLost, session.ReadingsStale), within: 3 * time.Second},
	sim.FaultDead:          {may: restarts, must: hushed[:2], within: time.Second + soon},
	sim.FaultBatteryLow:    {may: one(session.BatteryLow), must: one(session.BatteryLow), within: 3 * time.Second, matters: func(w *world, t *trouble) bool { return t.amount <= 15 && w.pen.Profile().BatteryMAH > 0 }},
	sim.FaultBatteryDead:   {may: rules(restarts, one(session.BatteryLow)), must: hushed[:2], within: time.Second + soon, matters: func(w *world, _ *trouble) bool { return w.pen.Profile().BatteryMAH > 0 }},
	sim.FaultReports: {may: one(session.PenFault, session.PenNotWell), must: one(session.PenFault, session.PenNotWell), within: soon,
		matters: func(_ *world, t *trouble) bool { return t.amount&0xff != 0 }},
	sim.FaultReleased:        {may: one(session.PenReleased, session.PenDisobeys, session.MotorWithoutPermit), must: one(session.PenReleased), within: soon, matters: func(_ *world, t *trouble) bool { return !t.unrest }, own: loose},
	sim.FaultCartridgeOut:    {tells: "cartridge_out", within: 3 * soon},
	sim.FaultCartridgeLength: {},
	sim.FaultNewIdentity:     {may: unheard, must: one(session.LinkLost), within: soon},

	sim.FaultStuckSensor:     {may: rules(deep, one(session.ReadingsFrozen)), must: rules(deep, one(session.ReadingsFrozen)), within: 5*time.Second + 3*soon, matters: inSkin},
	sim.FaultSensorBias:      {may: deep, must: deep, within: time.Second + 2*soon, matters: shiftedInSkin},
	sim.FaultSensorDrift:     {may: deep},
	sim.FaultSensorNoise:     {may: deep},
	sim.FaultSensorMissing:   {may: one(session.DepthMissing), must: one(session.DepthMissing), within: 2 * time.Second, matters: running, own: []string{"stop budget", "too deep"}},
	sim.FaultDialMissing:     {may: one(session.DepthMissing), own: []string{"stop budget", "too deep"}},
	sim.FaultClaimsMeasured:  {may: rules(hushed, one(session.ReadingsFrozen, session.DepthMissing))}, // it tells another story of itself: PROTOCOL.md §7.1
	sim.FaultContactOn:       {may: one(session.ReadingsFrozen, session.DepthUnverifiable)},
	sim.FaultContactOff:      {},
	sim.FaultLineNoise:       {may: noise},
	sim.FaultFlipBits:        {may: noise},
	sim.FaultDropBytes:       {may: noise},
	sim.FaultInsertBytes:     {may: noise},
	sim.FaultRepeatBytes:     {may: noise},
	sim.FaultSwapBytes:       {may: noise},
	sim.FaultLoseFrames:      {may: unheard},
	sim.FaultDuplicateFrames: {may: hushed, aged: true},
	sim.FaultReorderFrames:   {may: hushed},
	sim.FaultDelay:           {may: belated, aged: true},
	sim.FaultJitter:          {may: belated, aged: true},
	sim.FaultBurst:           {may: belated, aged: true},
	sim.FaultStall:           {may: belated},
	sim.FaultLineDead:        {may: rules(belated, seized), must: unheard, within: 3 * time.Second},
	sim.FaultUnplugged:       {may: seized, must: hushed[:2], within: time.Second + soon},
	sim.FaultOtherName:       {},
	sim.FaultOtherPen:        {may: rules(unheard, one(session.PenChanged, session.PenRebooted))},
	sim.FaultLooseContact:    {may: seized},
	sim.FaultEcho:            {},
	sim.FaultReplayPermits:   {},
	sim.FaultReplayFrames:    {may: one(session.PenBusy)},
	sim.FaultSecondHost:      {may: seized},
	sim.FaultTakeOver:        {may: seized, must: seized, within: 3 * time.Second},
	sim.FaultOtherHost:       {may: seized},
	sim.FaultSecondPen: {may: rules(seized, restarts, obey, deep, one(session.PenChanged, session.PenInvalid, session.ClockJumped, session.PenFault, session.PenNotWell, session.DepthMissing, session.DialAboveCeiling)), aged: true,
		must: one(session.PenChanged, session.LinkLost, session.ReadingsStale, session.PenInvalid), within: 3 * time.Second},
	sim.FaultForeignTalk: {may: unheard},
}

// ofPC are the answers to what happens to the PC.
var ofPC = map[string]answer{
	"agent-stall":  {may: rules(seized, one(session.RecordStalled))},
	"hot-stall":    {may: rules(seized, one(session.RecordStalled))},
	"cold-stall":   {may: one(session.RecordStalled)},
	"short-queue":  {may: one(session.RecordStalled)},
	"agent-killed": {may: seized},
	"suspend":      {may: rules(seized, one(session.ClockJumped, session.RecordStalled)), must: rules(hushed, one(session.ClockJumped)), after: true, aged: true, within: 2 * time.Second, matters: func(w *world, t *trouble) bool { return w.now > t.until && t.until-t.from > 1_000_000 }},
	"disk-stall":   {may: one(session.RecordStalled), must: one(session.RecordStalled), within: session.CommitLease + 3*soon, matters: func(w *world, t *trouble) bool { return w.now < t.until && w.pen.Rate() > 0 }},
	"disk-fails":   {may: one(session.RecordStalled), must: one(session.RecordStalled), within: session.CommitLease + 3*soon, matters: func(w *world, t *trouble) bool { return w.now < t.until && w.pen.Rate() > 0 }},
	"disk-slow":    {may: one(session.RecordStalled)},
	"disk-full":    {may: one(session.DiskFull, session.RecordStalled), must: one(session.DiskFull), within: 2 * time.Second, matters: func(w *world, t *trouble) bool { return !w.disk.reserve.held }},
	"wall-clock":   {may: one(session.ClockJumped, session.PenUnproven), must: one(session.ClockJumped), within: 2 * soon, matters: atLeast(600)},
	"time-zone":    {},
}

// wanted names what has to be said.
func (a *answer) wanted() string {
	if a.tells != "" {
		return a.tells
	}
	return fmt.Sprint(a.must)
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
