// Package metrics turns an agent's counts into Prometheus metrics: base units,
// closed label sets, and nothing about a patient, an operator, a session or a
// serial number. Every scrape reads one snapshot, so a series of a pen that is
// gone goes with it.
package metrics

import (
	"net/http"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"penlog/cmd/internal/agent"
	"penlog/protocol"
	"penlog/session"
	"penlog/store"
)

// Source is where the counts come from; *agent.Agent is one.
type Source interface {
	Counts() agent.Counts
	Ready() error
}

// Handler serves /metrics from a registry of its own.
func Handler(src Source, version string) http.Handler {
	reg := NewRegistry(src, version)
	return promhttp.InstrumentMetricHandler(reg, promhttp.HandlerFor(reg, promhttp.HandlerOpts{
		Registry: reg, EnableOpenMetrics: true, MaxRequestsInFlight: 4, Timeout: 5 * time.Second,
	}))
}

// ofMemory are the few figures of the program's memory that anyone asks for: garbage
// made, and the heap in use.
var ofMemory = regexp.MustCompile(`^(/gc/heap/allocs:bytes|/memory/classes/heap/objects:bytes)$`)

// NewRegistry returns a registry with the agent's metrics and the program's own.
func NewRegistry(src Source, version string) *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(
		&collector{src: src, version: version},
		collectors.NewGoCollector(collectors.WithGoCollectorMemStatsMetricsDisabled(),
			collectors.WithGoCollectorRuntimeMetrics(collectors.GoRuntimeMetricsRule{Matcher: ofMemory})),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return reg
}

type collector struct {
	src     Source
	version string
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("penlog_"+name, help, labels, nil)
}

var (
	info       = desc("build_info", "A constant 1 for the running version.", "version")
	ready      = desc("ready", "1 while the agent can run a procedure's record.")
	portOpen   = desc("port_open", "1 while the pen's port is open.")
	portLost   = desc("port_losses_total", "Times an open port was lost.")
	abandoned  = desc("port_abandoned_total", "Ports given up because a call did not return.")
	link       = desc("link_state", "1 for the present state of the link to the pen.", "state")
	mode       = desc("pen_mode", "1 for what can be promised with the present pen.", "mode")
	simulated  = desc("pen_simulated", "1 while the pen at hand is a simulator.")
	permit     = desc("permit_renewing", "1 while permits are being renewed: the pen may run.")
	permits    = desc("permits_sent_total", "Permits sent to pens.")
	revokes    = desc("revokes_sent_total", "Revokes sent to pens, repeats included.")
	hellos     = desc("hellos_sent_total", "Host sessions asked for, repeats included.")
	refusals   = desc("pen_refusals_total", "Frames that pens refused.")
	readings   = desc("readings_total", "Readings taken in.")
	framesBad  = desc("frames_damaged_total", "Runs of bytes between delimiters that were no sound frame.", "why")
	framesLost = desc("frames_lost_total", "Frames that pens sent and that never arrived sound.")
	framesOdd  = desc("frames_ignored_total", "Sound frames that were not used.", "why")
	bytesIn    = desc("port_read_bytes_total", "Bytes read from the port.")
	bytesOut   = desc("port_written_bytes_total", "Bytes written to the port.")
	rules      = desc("guard_findings_total", "Rules of the guard that broke.", "rule", "response")
	broken     = desc("guard_broken", "1 while the rule is broken.", "rule", "response")
	depth      = desc("needle_depth_metres", "Newest measured needle depth.")
	setDepth   = desc("set_depth_metres", "Newest set depth.")
	ceiling    = desc("ceiling_depth_metres", "Max depth wanted now; 0: none.")
	strokeRate = desc("stroke_rate_hertz", "Newest stroke rate.")
	strokes    = desc("strokes_total", "Needle strokes recorded by this agent since it started.")
	battery    = desc("pen_battery_ratio", "Charge of the pen's battery.")
	state      = desc("session_state", "1 for the state of the session at hand.", "state")
	ended      = desc("sessions_ended_total", "Sessions ended since the agent started.", "outcome")
	unseen     = desc("session_unmonitored_seconds_total", "Time with a session open and no pen that is monitored.")
	accepted   = desc("session_mode_accepted", "1 for a mode below guarded in which the session at hand goes on, accepted by a person.", "mode")
	overrides  = desc("overrides_total", "Overrides granted since the agent started.")
	cartridges = desc("cartridges_used_total", "Cartridges that went in since the agent started.")
	passCount  = desc("passes_marked_total", "Passes marked, entered or told by the pen's button since the agent started.")
	late       = desc("exceedances_found_late_total", "Exceedances found when treatment was said to be of another zone.")
	zoneDepth  = desc("stroke_depth_metres", "Depth of strokes, by zone; zones beyond the first four are counted together.", "zone")
	zoneRate   = desc("stroke_rate_by_zone_hertz", "Stroke rate at which strokes were made, by zone.", "zone")
	pen        = desc("pen_info", "A constant 1 with the clinic's own name for the pen that is there.", "pen")
	decide     = desc("stop_decision_seconds", "From bytes read to the revoke handed to the port's writer.")
	stop       = desc("stop_seconds", "From a stop to the motor off in telemetry.")
	age        = desc("reading_age_seconds", "Age of readings at arrival, upper bound.")
	commit     = desc("commit_seconds", "From handing a batch to the store until it was on the disk.")
	faults     = desc("store_faults_total", "Writes to the record that failed.")
	queue      = desc("store_queue_batches", "Batches that wait for the disk.")
	notes      = desc("notes_waiting", "Notes that wait between the two lanes.")
	dropped    = desc("notes_dropped_total", "Notes that did not fit between the two lanes.")
	ballast    = desc("store_ballast_held", "1 while the reserve for a full disk is held.")
	dbBytes    = desc("store_database_bytes", "Size of the database file.")
	walBytes   = desc("store_wal_bytes", "Size of its write-ahead log.")
	capturing  = desc("capture_running", "1 while what passes the port is captured; 0 once that could not be written any more.")
	captured   = desc("capture_written_bytes_total", "Bytes written to captures.")
	capLost    = desc("capture_dropped_records_total", "Records that came faster than captures could be written.")
	diskFree   = desc("store_disk_free_bytes", "Bytes that may still be written to the disk of the record.")
)

// Describe sends nothing: the set of series depends on what is there.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends one snapshot.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	n := c.src.Counts()
	v := &n.View
	gauge := func(d *prometheus.Desc, x float64, l ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, x, l...)
	}
	count := func(d *prometheus.Desc, x uint64, l ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(x), l...)
	}
	gauge(info, 1, c.version)
	gauge(ready, is(c.src.Ready() == nil))
	gauge(portOpen, is(n.Port.Open))
	count(portLost, n.Lines)
	count(abandoned, n.Device.Abandoned)
	for l := protocol.LinkListening; l <= protocol.LinkUp; l++ {
		gauge(link, is(l == n.Link), l.String())
	}
	for m := session.ModeNone; m <= session.ModeManual; m++ {
		gauge(mode, is(m == v.Mode), m.String())
	}
	gauge(permit, is(n.Ready))
	count(permits, n.Host.Permits)
	count(revokes, n.Host.Revokes)
	count(hellos, n.Host.Hellos)
	count(refusals, n.Host.Refusals)
	count(readings, n.Host.Readings)
	count(framesBad, n.Host.Decoder.BadChecksum, "checksum")
	count(framesBad, n.Host.Decoder.BadLength, "length")
	count(framesBad, n.Host.Decoder.BadStuffing, "stuffing")
	count(framesLost, n.Host.Lost)
	count(framesOdd, n.Host.Decoder.BadVersion, "version")
	count(framesOdd, n.Host.Duplicates, "duplicate")
	count(framesOdd, n.Host.Late, "late")
	count(framesOdd, n.Host.Unknown, "unknown_type")
	count(framesOdd, n.Host.Malformed, "malformed")
	count(framesOdd, n.Host.Foreign, "foreign")
	count(bytesIn, n.Device.BytesIn)
	count(bytesOut, n.Device.BytesOut)
	for _, r := range session.Rules() {
		for resp, x := range n.Findings[r] {
			count(rules, x, r.String(), resp.String())
		}
	}
	for _, b := range v.Broken {
		gauge(broken, 1, b.Rule.String(), b.Response.String())
	}
	if v.PenUp {
		if n.Alias != "" {
			gauge(pen, 1, n.Alias)
		}
		gauge(simulated, is(v.Simulated))
		gauge(strokeRate, float64(v.Rate)/10)
		if v.Depth >= 0 {
			gauge(depth, metres(v.Depth))
		}
		if v.Set >= 0 {
			gauge(setDepth, metres(v.Set))
		}
		if v.Battery >= 0 {
			gauge(battery, float64(v.Battery)/100)
		}
	}
	gauge(ceiling, metres(v.Ceiling))
	count(strokes, n.Strokes)
	if v.Open {
		gauge(state, 1, v.State.String())
		if v.Accepted > session.ModeGuarded {
			gauge(accepted, 1, v.Accepted.String())
		}
	}
	count(overrides, n.Visits.Overrides)
	count(cartridges, n.Visits.Cartridges)
	count(passCount, n.Visits.Passes)
	count(late, n.Visits.Late)
	for zone, z := range n.Visits.Zones {
		histogram(ch, zoneDepth, &z.Depth, zone)
		histogram(ch, zoneRate, &z.Rate, zone)
	}
	for _, s := range []session.State{session.Completed, session.Aborted, session.Interrupted} {
		count(ended, n.Ended[s], s.String())
	}
	ch <- prometheus.MustNewConstMetric(unseen, prometheus.CounterValue, n.Unseen.Seconds())
	histogram(ch, decide, &n.Decide)
	histogram(ch, stop, &n.Stop)
	histogram(ch, age, &n.Age)
	histogram(ch, commit, &n.Commit)
	count(faults, n.Store.Faults)
	gauge(queue, float64(n.Store.Queue))
	gauge(notes, float64(n.Notes))
	count(dropped, n.Dropped)
	gauge(ballast, is(n.Store.Ballast == store.BallastHeld))
	gauge(dbBytes, float64(n.Store.DBBytes))
	gauge(walBytes, float64(n.Store.WALBytes))
	gauge(diskFree, float64(n.Store.DiskFree))
	if n.Captures {
		gauge(capturing, is(n.Capture.Err == nil))
		count(captured, n.Capture.Written)
		count(capLost, n.Capture.Dropped)
	}
}

func histogram(ch chan<- prometheus.Metric, d *prometheus.Desc, h *agent.Histogram, labels ...string) {
	buckets, sum := make(map[float64]uint64, len(h.Bounds)), uint64(0)
	for i, b := range h.Bounds {
		sum += h.Counts[i]
		buckets[b] = sum
	}
	ch <- prometheus.MustNewConstHistogram(d, h.N, h.Sum, buckets, labels...)
}

func metres(d protocol.Micrometres) float64 { return float64(d) / 1e6 }

func is(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
