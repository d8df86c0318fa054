package campaign

// Layer is a part of what a run plays, for [Meter].
type Layer uint8

// The layers.
const (
	LayerLoop  Layer = iota // finding what comes next
	LayerRig                // the pen's physics and electronics, both lines, what else hangs on them
	LayerHot                // link, clock map, guard
	LayerCold               // procedure, passes, journal entries, signal
	LayerStore              // the model store: chains, fold and signal read back
	LayerJudge
	LayerPeople // hand, technician, steps of the script
	layers
)

var layerNames = [layers]string{"loop", "pen and line", "fast lane", "slow lane", "store and chain", "judge", "people"}

// String names the layer.
func (l Layer) String() string { return layerNames[l] }

// Layers are all there are.
func Layers() []Layer {
	out := make([]Layer, layers)
	for i := range out {
		out[i] = Layer(i)
	}
	return out
}

// Meter adds up how long each layer takes. Reading a clock costs some tens of ns
// each time, so a metered run is slower than another. One Meter serves one run at a
// time; a nil one measures nothing.
type Meter struct {
	Clock    func() int64 // ns, of a monotonic clock
	NS       [layers]int64
	Readings uint64 // that the agent took in

	in Layer
	at int64
}

// enter says that a layer begins, and returns the one that goes on after it.
// Without a meter it is nearly nothing: a run passes here some ten times a step.
func (m *Meter) enter(l Layer) Layer {
	if m == nil {
		return 0
	}
	return m.turn(l)
}

func (m *Meter) turn(l Layer) Layer {
	now := m.Clock()
	if m.at != 0 {
		m.NS[m.in] += now - m.at
	}
	was := m.in
	m.in, m.at = l, now
	return was
}

// stop ends the measuring of a run.
func (m *Meter) stop() {
	if m != nil {
		m.enter(LayerLoop)
		m.at = 0
	}
}

// PerReading is what a layer took for each reading, ns.
func (m *Meter) PerReading(l Layer) float64 {
	return float64(m.NS[l]) / float64(max(m.Readings, 1))
}
