package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"penlog/session"
	"penlog/store"
)

func init() {
	// commit goes on with the session in the folder, as fast as the disk lets
	// it, and prints the number of each record ("e 12") and chunk ("s 3") when
	// it is acknowledged.
	children["commit"] = func(args []string, out io.Writer) error {
		ctx := context.Background()
		s, err := store.Open(ctx, args[0], store.Options{BallastBytes: 64 << 10})
		if err != nil {
			return err
		}
		acked := make(chan struct{}, 8)
		w, err := s.Writer(store.WriterOptions{OnCommit: func(c store.Committed) {
			for _, r := range c.Batch.Records {
				fmt.Fprintln(out, "e", r.Seq)
			}
			if c.Batch.Chunk != nil {
				fmt.Fprintln(out, "s", c.Batch.Chunk.Seq)
			}
			acked <- struct{}{}
		}})
		if err != nil {
			return err
		}
		go w.Run(ctx)
		h := newHistory(0)
		records, signal, err := s.Heads(ctx, h.id)
		if err == nil {
			h.records, h.signal = records, signal
		} else if !errors.Is(err, store.ErrNoSession) {
			return err
		}
		for n := 0; ; n++ {
			b := store.Batch{Open: h.opening(), Records: []session.Record{h.record("pass")}}
			if n%10 == 9 {
				b.Chunk = h.chunk(50)
			}
			if err := w.Submit(b); err != nil {
				return err
			}
			if n >= 4 { // a few always wait, so that transactions hold several
				<-acked
			}
		}
	}
}

// killRounds is how often the child is killed in an ordinary run;
// PENLOG_KILL_ROUNDS asks for more.
const killRounds = 15

func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("PENLOG_KILL_ROUNDS")); err == nil {
		return n
	}
	return killRounds
}

// A folder is never left so that the next start can't use it, wherever in its
// making the first one was cut off.
func TestAFolderCutOffInTheMakingOpens(t *testing.T) {
	for round := range rounds() {
		dir := filepath.Join(t.TempDir(), "data")
		c := spawn(t, "commit", dir)
		time.AfterFunc(time.Duration(rand.Int64N(int64(40*time.Millisecond))), func() { c.Process.Kill() })
		said := c.rest()
		c.Wait()
		s, err := store.Open(t.Context(), dir, store.Options{BallastBytes: 4096})
		if err != nil {
			t.Errorf("round %d: %v", round, err)
			continue
		}
		if v, err := s.VerifyAll(t.Context()); err != nil || v.Records == 0 && len(said) > 1 {
			t.Errorf("round %d: %+v, %v; it said %q", round, v, err, said)
		}
		s.Close()
		checkFile(t, filepath.Join(dir, store.FileName))
	}
}

func TestWhatWasAcknowledgedSurvivesKill9(t *testing.T) {
	rounds := rounds()
	dir := filepath.Join(t.TempDir(), "data")
	id := newID(0)
	var total store.Verified
	for round := range rounds {
		c := spawn(t, "commit", dir)
		var events, chunks uint64 // the last ones acknowledged
		note := func(line string) {
			kind, number, _ := strings.Cut(line, " ")
			n, err := strconv.ParseUint(number, 10, 64)
			if err != nil {
				return // cut off by the kill
			}
			if kind == "e" {
				events = n
			} else {
				chunks = n
			}
		}
		if round%3 == 0 {
			// Any moment: also while the file is made or recovered.
			kill := time.AfterFunc(time.Duration(rand.Int64N(int64(60*time.Millisecond))), func() { c.Process.Kill() })
			defer kill.Stop()
		} else {
			for range 1 + rand.IntN(150) {
				note(c.line())
			}
			c.Process.Kill()
		}
		for _, line := range c.rest() { // what it said before it died
			note(line)
		}
		c.Wait()

		// A reader gets there first: no agent runs, the log is not empty.
		if r, err := store.OpenReader(t.Context(), dir); err == nil {
			if v, err := r.VerifyAll(t.Context()); err != nil || v.Records < events {
				t.Errorf("round %d, reader: %+v, %v; %d records were acknowledged", round, v, err, events)
			}
			r.Close()
		} else if events > 0 {
			t.Errorf("round %d: OpenReader: %v", round, err)
		}
		s, err := store.Open(t.Context(), dir, store.Options{BallastBytes: 64 << 10})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		v, err := s.VerifyAll(t.Context())
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if v.Records < events || v.Chunks < chunks {
			t.Fatalf("round %d: %d records and %d chunks on the disk, acknowledged were %d and %d", round, v.Records, v.Chunks, events, chunks)
		}
		if v.Records < total.Records || v.Chunks < total.Chunks {
			t.Fatalf("round %d: the record shrank from %+v to %+v", round, total, v)
		}
		if v.Sessions > 0 {
			if rec, _, err := s.Heads(t.Context(), id); err != nil || rec.Seq != v.Records {
				t.Errorf("round %d: Heads = %+v, %v", round, rec, err)
			}
		}
		total = v
		s.Close()
		checkFile(t, filepath.Join(dir, store.FileName))
	}
	t.Logf("%d kills, %d records and %d chunks at the end", rounds, total.Records, total.Chunks)
}

// A power cut may tear the end of the write-ahead log anywhere. What is left
// must be a whole journal up to some record: a torn tail loses only itself.
func TestATornLogLosesOnlyItsTail(t *testing.T) {
	dir := t.TempDir()
	c := spawn(t, "commit", dir)
	for range 120 {
		c.line()
	}
	c.Process.Kill()
	c.rest()
	c.Wait()
	db, err := os.ReadFile(filepath.Join(dir, "penlog.db"))
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(filepath.Join(dir, "penlog.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	if len(wal) < 100<<10 {
		t.Fatalf("the log holds %d bytes only", len(wal))
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	least := uint64(1 << 62)
	for i := range 25 {
		spot := t.TempDir()
		torn := append([]byte{}, wal...)
		switch at := rnd.IntN(len(wal)); i % 3 {
		case 0: // the end never reached the disk
			torn = torn[:at]
		case 1: // it did, as zeros
			clear(torn[at:])
		case 2: // one sector in the middle did not
			clear(torn[at&^511 : min(len(torn), at&^511+512)])
		}
		for name, b := range map[string][]byte{"penlog.db": db, "penlog.db-wal": torn} {
			if err := os.WriteFile(filepath.Join(spot, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := open(t, spot, store.Options{BallastBytes: 4096})
		v, err := s.VerifyAll(t.Context())
		if err != nil {
			t.Errorf("torn at try %d: %v", i, err)
		}
		least = min(least, v.Records)
	}
	if least > 100 {
		t.Errorf("no tear took more than the last records away (%d left at least): this test tore nothing", least)
	}
}
