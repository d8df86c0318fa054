//go:build linux

package soak

import (
	"database/sql"
	"flag"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"penlog/session"
)

var commandRuns = flag.Int("command.n", 100, "commands in the benchmark of the API, each beside a bare commit")

// TestCommand measures how long the API takes from a command to its answer, which
// comes once its events are on the disk, beside a bare commit of one row with
// synchronous=FULL on the same disk, in turn. It reports and does not judge.
//
//	go test ./cmd/internal/soak -run 'TestCommand$' -v -command.n 3000
func TestCommand(t *testing.T) {
	_, dev := startPen(t)
	dir := t.TempDir()
	h := startAgent(t, dev, filepath.Join(dir, "record"))
	h.open()
	h.until("guarded", func(v session.View) bool { return v.Mode == session.ModeGuarded })
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "bare.db")+"?_journal_mode=WAL&_synchronous=FULL") // the driver is the store's
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE t (a BLOB) STRICT"); err != nil {
		t.Fatal(err)
	}
	row := make([]byte, 300)
	var api, bare []time.Duration
	for range *commandRuns {
		begun := time.Now()
		h.must(session.Command{Do: session.CmdNote, Text: "a remark of usual length, as people write them"})
		api = append(api, time.Since(begun))
		begun = time.Now()
		if _, err := db.Exec("INSERT INTO t VALUES (?)", row); err != nil {
			t.Fatal(err)
		}
		bare = append(bare, time.Since(begun))
	}
	slices.Sort(api)
	slices.Sort(bare)
	at := func(d []time.Duration, p float64) time.Duration { return d[min(int(float64(len(d))*p), len(d)-1)] }
	for _, p := range []float64{0.5, 0.9, 0.99} {
		t.Logf("p%g: command to answer %v, bare commit %v, ratio %.2f", p*100, at(api, p).Round(time.Microsecond), at(bare, p).Round(time.Microsecond),
			float64(at(api, p))/float64(at(bare, p)))
	}
}
