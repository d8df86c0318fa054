package simpen

import (
	"strconv"

	"penlog/protocol"
	"penlog/sim"
)

// Observation is something that was seen at the pen. The package comment lists
// what there is.
type Observation struct {
	See       string `json:"see"`
	At        int64  `json:"at_us"`
	Simulated bool   `json:"simulated"` // always true

	Of  string `json:"of,omitempty"` // done, refused: which control
	Why string `json:"why,omitempty"`

	On      *bool  `json:"on,omitempty"`
	Result  string `json:"result,omitempty"`
	Cause   string `json:"cause,omitempty"`
	Ceiling int32  `json:"ceiling_um,omitempty"`
	Lapsed  bool   `json:"lapsed,omitempty"`
	StopUS  int64  `json:"stop_us,omitempty"` // clear: since the motor lost its power

	*Ready
	Over   *OverLimit `json:"over,omitempty"`
	Silent *Silence   `json:"silent,omitempty"`
	State  *State     `json:"state,omitempty"`
}

// Ready says where the pen is found, and as what.
type Ready struct {
	Listens string `json:"listens"`           // serial:///path or tcp://host:port
	Device  string `json:"device,omitempty"`  // the terminal behind the path
	Control string `json:"control,omitempty"` // unix:///path or tcp://host:port, for pensim ctl
	PID     int    `json:"pid"`
	Profile string `json:"profile,omitempty"`
	Vendor  string `json:"vendor,omitempty"`
	Model   string `json:"model,omitempty"`
	Serial  string `json:"serial,omitempty"`
	Baud    int    `json:"baud,omitempty"` // 0: not paced
}

// OverLimit is one excursion above the ceiling, measured. Moments are on the
// observation's clock; 0 did not come. Source: issue 'Stop' figures, sim.Episode.
type OverLimit struct {
	CeilingUM    int32  `json:"ceiling_um"`
	DeepestUM    int32  `json:"deepest_um"`
	OvershootUM  int32  `json:"overshoot_um"` // of the needles, 0 if only the dial was above
	Strokes      int    `json:"strokes"`      // above the ceiling
	StrokesAfter int    `json:"strokes_after"`
	Cause        string `json:"cause"` // of the stop; empty: it came down without one

	BeganUS    int64 `json:"began_us"`
	FrameUS    int64 `json:"over_limit_frame_made_us"`    // the electronics made the first reading that obliges a stop
	WrittenUS  int64 `json:"over_limit_frame_written_us"` // its last byte was written to the line
	RevokeUS   int64 `json:"revoke_read_us"`
	MotorOffUS int64 `json:"motor_off_us"`
	ClearUS    int64 `json:"needles_clear_us"`

	// ToRevokeUS and ToClearUS are from WrittenUS to the revoke and to clear; 0
	// where one of the two is missing.
	ToRevokeUS int64 `json:"written_to_revoke_us"`
	ToClearUS  int64 `json:"written_to_clear_us"`
}

// Silence is a stop by the death of a permit: what the pen did about a host that
// said nothing more.
type Silence struct {
	PermitUS    int64 `json:"newest_permit_us"`       // arrival of the newest permit
	DiedAfterUS int64 `json:"permit_died_after_us"`   // from there to its death
	ClearAfter  int64 `json:"needles_clear_after_us"` // from there to clear needles
}

// State is how things stand.
type State struct {
	SetUM       int32  `json:"set_um"`
	DeepestUM   int32  `json:"last_stroke_um"` // truly
	ExtensionUM int32  `json:"extension_um"`
	CeilingUM   int32  `json:"ceiling_um"`
	PermitMS    int64  `json:"permit_ms"`
	Motor       bool   `json:"motor"`
	Clear       bool   `json:"clear"`
	Contact     bool   `json:"contact"`
	Host        bool   `json:"host"`
	Plugged     bool   `json:"plugged"`
	Readings    uint16 `json:"readings_per_s"`
	Strokes     uint64 `json:"strokes"`
	Above       uint64 `json:"strokes_above"`
	UnpermitUS  int64  `json:"unpermitted_us"`
	Written     uint64 `json:"bytes_written"`
	Lost        uint64 `json:"bytes_lost"` // nobody read them
	Noise       bool   `json:"noise"`
	Cue         uint8  `json:"cue"`
	Battery     uint8  `json:"battery_percent"` // 255: on mains
	Alive       bool   `json:"alive"`           // has power and has booted

	Faults []string `json:"faults,omitempty"` // in force, as scripts write them
}

var results = map[protocol.StartResult]string{0: "stop", protocol.StartRan: "ran", protocol.StartNoPermit: "no_permit",
	protocol.StartDepthAbove: "depth_above", protocol.StartFault: "fault"}

var causes = map[protocol.StopCause]string{0: "power", protocol.StopPress: "press", protocol.StopLapse: "lapse",
	protocol.StopRevoke: "revoke", protocol.StopCeiling: "ceiling", protocol.StopHello: "hello",
	protocol.StopFault: "fault", protocol.StopOwn: "own"}

func causeWord(c protocol.StopCause) string {
	if w, ok := causes[c]; ok {
		return w
	}
	return "cause " + strconv.Itoa(int(c))
}

// overLimit tells of an episode; written and revoke are real moments.
func overLimit(e *sim.Episode, written, revoke protocol.Instant) *OverLimit {
	o := &OverLimit{
		CeilingUM: int32(e.Ceiling), DeepestUM: int32(e.Deepest), OvershootUM: int32(e.Overshoot()),
		Strokes: e.Strokes, StrokesAfter: e.StrokesAfter,
		BeganUS: int64(e.Began), FrameUS: int64(e.Shown), WrittenUS: int64(written), RevokeUS: int64(revoke),
		MotorOffUS: int64(e.Stopped), ClearUS: int64(e.Cleared),
	}
	if e.Stopped != 0 {
		o.Cause = causeWord(e.Cause)
	}
	if written != 0 && revoke != 0 {
		o.ToRevokeUS = int64(revoke - written)
	}
	if written != 0 && e.Cleared != 0 {
		o.ToClearUS = int64(e.Cleared - written)
	}
	return o
}
