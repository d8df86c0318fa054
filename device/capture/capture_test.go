package capture_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"penlog/device/capture"
)

func header() capture.Header {
	return capture.Header{Source: capture.SourceLine, ID: [8]byte{1, 2, 3}, Part: 1, Begun: 1_772_442_000_000_000, Software: "penlog test"}
}

// file makes a file of records behind a header.
func file(records ...capture.Record) []byte {
	h := header()
	out := capture.AppendStart(nil, &h, 5)
	for i := range records {
		out = capture.AppendRecord(out, &records[i])
	}
	return out
}

// some is one record of each kind.
func some() []capture.Record {
	return []capture.Record{
		{Kind: capture.KindOpened, Moment: 10},
		{Kind: capture.KindPen, Moment: 11, Pen: capture.Pen{Simulated: true, Caps: 0x1f, Vendor: "Maker", Model: "M1", Firmware: "1.2"}},
		{Kind: capture.KindClock, Moment: 12, Offset: 1_772_442_000_000_000},
		{Kind: capture.KindRead, Moment: 13, Bytes: []byte{0, 1, 2, 0}, Drained: true},
		{Kind: capture.KindRead, Moment: 20_000},
		{Kind: capture.KindWritten, Moment: 19_990, Bytes: []byte("hello")},
		{Kind: capture.KindOrder, Moment: 20_001, Bytes: []byte{1, 0, 7}},
		{Kind: capture.KindGap, Moment: 20_002, Dropped: 3, DroppedBytes: 1 << 40},
		{Kind: capture.KindLost, Moment: -4},
		{Kind: capture.KindEnd, Moment: 20_003, End: capture.EndClosed},
	}
}

// read gives all sound records behind the header, and what else was said.
func read(t *testing.T, data []byte) (out []capture.Record, errs []error) {
	t.Helper()
	r, err := capture.Parse(data)
	if err != nil {
		return nil, []error{err}
	}
	for range len(data) + 2 {
		var rec capture.Record
		switch err := r.Next(&rec); {
		case err == io.EOF:
			return out, errs
		case err != nil:
			errs = append(errs, err)
		default:
			rec.Bytes = bytes.Clone(rec.Bytes)
			out = append(out, rec)
		}
	}
	t.Fatal("Next() never ends")
	return nil, nil
}

func same(a, b []capture.Record) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := a[i], b[i]
		if !bytes.Equal(x.Bytes, y.Bytes) {
			return false
		}
		x.Bytes, y.Bytes = nil, nil
		if !reflect.DeepEqual(x, y) {
			return false
		}
	}
	return true
}

func TestEveryKindReadsBackAsWritten(t *testing.T) {
	want := some()
	got, errs := read(t, file(want...))
	if len(errs) > 0 || !same(got, want) {
		t.Errorf("read %+v, %v\nwant %+v", got, errs, want)
	}
	r, _ := capture.Parse(file(want...))
	if r.Header() != header() {
		t.Errorf("Header() = %+v, want %+v", r.Header(), header())
	}
}

// The bytes of CAPTURE.md: who changes them needs a new version.
func TestFormatIsStated(t *testing.T) {
	h := capture.Header{Source: 1, Part: 1, Software: "p"}
	got := capture.AppendStart(nil, &h, 1)
	want := append([]byte("\x89PENCAP\r\n\x01"), 26, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'p')
	if !bytes.HasPrefix(got, want) || len(got) != len(want)+4 {
		t.Errorf("a file begins % x, want % x and a checksum", got, want)
	}
	got = capture.AppendRecord(nil, &capture.Record{Kind: capture.KindRead, Moment: 300, Bytes: []byte{7}, Drained: true})
	if want := []byte{5, 0, 5, 0xd8, 4, 1, 7}; !bytes.HasPrefix(got, want) || len(got) != len(want)+4 {
		t.Errorf("a read is % x, want % x and a checksum", got, want)
	}
}

// Wherever a file is cut, all before the cut is read, and the cut is told with its place.
func TestCutAnywhere(t *testing.T) {
	records := some()
	whole := file(records...)
	ends := map[int]int{} // offset behind a record → records until there
	n := len(file())
	for i := range records {
		n += len(capture.AppendRecord(nil, &records[i]))
		ends[n] = i + 1
	}
	first := len(file())
	ends[first] = 0
	count := 0
	for cut := range whole {
		got, errs := read(t, whole[:cut])
		if cut < first {
			if len(errs) != 1 || !errors.Is(errs[0], capture.ErrCut) && !errors.Is(errs[0], capture.ErrNotCapture) {
				t.Errorf("cut at %d in the header: %v", cut, errs)
			}
			continue
		}
		if n, at := ends[cut]; at {
			count = n
			if len(errs) > 0 {
				t.Errorf("cut at %d, between records: %v", cut, errs)
			}
		} else {
			var place *capture.PlaceError
			if len(errs) != 1 || !errors.Is(errs[0], capture.ErrCut) || !errors.As(errs[0], &place) || place.Record != count+2 || place.Offset > int64(cut) {
				t.Errorf("cut at %d within record %d: %v", cut, count+2, errs)
			}
		}
		if !same(got, records[:count]) {
			t.Errorf("cut at %d: read %d records, want %d", cut, len(got), count)
		}
	}
}

// One wrong byte costs the record that it is in, and is told with the place.
func TestDamageCostsItself(t *testing.T) {
	records := some()
	whole := file(records...)
	begin := len(file())
	for i := range records {
		size := len(capture.AppendRecord(nil, &records[i]))
		for at := begin; at < begin+size; at++ {
			bad := bytes.Clone(whole)
			bad[at] ^= 0x41
			got, errs := read(t, bad)
			want := append(append([]capture.Record(nil), records[:i]...), records[i+1:]...)
			var place *capture.PlaceError
			if len(errs) != 1 || !errors.As(errs[0], &place) || place.Offset != int64(begin) || place.Record != i+2 {
				t.Fatalf("byte %d of record %d: %v", at, i+2, errs)
			}
			if i < len(records)-1 && !errors.Is(errs[0], capture.ErrDamaged) {
				t.Fatalf("byte %d of record %d: %v, want damaged", at, i+2, errs)
			}
			if !same(got, want) {
				t.Fatalf("byte %d of record %d: %d records are read, want %d", at, i+2, len(got), len(want))
			}
		}
		begin += size
	}
}

func TestWhatIsNoCapture(t *testing.T) {
	sound := file()
	newer := bytes.Clone(sound)
	newer[9] = 7
	second := file(capture.Record{Kind: capture.KindOpened})
	for _, tt := range []struct {
		name string
		in   []byte
		want error
		say  string
	}{
		{"empty", nil, capture.ErrNotCapture, "byte 0, record 1: the file is empty"},
		{"text", []byte("$GPGGA,120000,5212.1,N"), capture.ErrNotCapture, "no capture"},
		{"a database", []byte("SQLite format 3\x00 and so on and so on"), capture.ErrNotCapture, "no capture"},
		{"copied as text", []byte(strings.ReplaceAll(string(sound), "\r\n", "\n")), capture.ErrNotCapture, "copied as text"},
		{"newer", newer, capture.ErrVersion, "byte 9, record 1: a capture of version 7"},
		{"only the magic", sound[:9], capture.ErrCut, "nothing was captured"},
		{"magic and version", sound[:10], capture.ErrCut, "nothing was captured"},
		{"half a header", sound[:20], capture.ErrCut, "in the middle of its header"},
		{"no header", append(bytes.Clone(sound[:10]), second[len(sound):]...), capture.ErrDamaged, `the first record is "opened" and not the header`},
		{"zeros behind the magic", append(bytes.Clone(sound[:10]), make([]byte, 5000)...), capture.ErrDamaged, "damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := capture.Parse(tt.in)
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("Parse() = %v, want %v with %q", err, tt.want, tt.say)
			}
		})
	}
}

// Two files that were joined, and a moment that no clock shows.
func TestRecordsThatCannotBe(t *testing.T) {
	joined := append(file(some()[0]), file(some()[1])[10:]...)
	got, errs := read(t, joined)
	if len(got) != 2 || len(errs) != 1 || !strings.Contains(errs[0].Error(), "a second header") {
		t.Errorf("joined files: %d records, %v", len(got), errs)
	}
	far := file(capture.Record{Kind: capture.KindOpened, Moment: 1 << 53}, capture.Record{Kind: capture.KindLost, Moment: 5})
	got, errs = read(t, far)
	if len(got) != 1 || got[0].Kind != capture.KindLost || len(errs) != 1 || !errors.Is(errs[0], capture.ErrDamaged) {
		t.Errorf("a moment beyond all clocks: %+v, %v", got, errs)
	}
}

func TestReadFileRefusesFolders(t *testing.T) {
	if _, err := capture.ReadFile(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("ReadFile(folder) = %v", err)
	}
	if _, err := capture.ReadFile(t.TempDir() + "/none"); err == nil {
		t.Error("ReadFile of nothing succeeded")
	}
}

// A later writer's kinds are passed over; its longer records are read as far as known.
func TestLaterWritersAreRead(t *testing.T) {
	data := file(capture.Record{Kind: 77, Moment: 3}, capture.Record{Kind: capture.KindOpened, Moment: 4})
	got, errs := read(t, data)
	if want := []capture.Record{{Kind: capture.KindOpened, Moment: 4}}; len(errs) > 0 || !same(got, want) {
		t.Errorf("read %+v, %v; want %+v", got, errs, want)
	}
}

// Nothing that a pen calls itself can write to a terminal or fill a header.
func TestTextsAreBoundedAndPrintable(t *testing.T) {
	pen := capture.Pen{Vendor: "evil\x1b[2J\x00", Model: strings.Repeat("é", 40), Firmware: "\xff"}
	got, errs := read(t, file(capture.Record{Kind: capture.KindPen, Pen: pen}))
	want := capture.Pen{Vendor: "evil?[2J?", Model: strings.Repeat("é", 16), Firmware: "?"}
	if len(errs) > 0 || len(got) != 1 || got[0].Pen != want {
		t.Errorf("read %+v, %v; want %+v", got, errs, want)
	}
}

// What is written is read, whatever the values.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []capture.Record
		for range rapid.IntRange(0, 20).Draw(t, "records") {
			r := capture.Record{Kind: rapid.SampledFrom([]capture.Kind{capture.KindRead, capture.KindWritten, capture.KindClock, capture.KindGap, capture.KindOrder}).Draw(t, "kind"),
				Moment: rapid.Int64Range(-1<<53+1, 1<<53-1).Draw(t, "moment")}
			switch r.Kind {
			case capture.KindRead:
				r.Bytes, r.Drained = rapid.SliceOfN(rapid.Byte(), 0, capture.MostBytes).Draw(t, "bytes"), rapid.Bool().Draw(t, "drained")
			case capture.KindWritten, capture.KindOrder:
				r.Bytes = rapid.SliceOfN(rapid.Byte(), 0, capture.MostBytes).Draw(t, "bytes")
			case capture.KindClock:
				r.Offset = rapid.Int64Range(-1<<53+1, 1<<53-1).Draw(t, "offset")
			case capture.KindGap:
				r.Dropped, r.DroppedBytes = rapid.Uint32().Draw(t, "dropped"), rapid.Uint64().Draw(t, "bytes")
			}
			want = append(want, r)
		}
		data := file(want...)
		r, err := capture.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		var got []capture.Record
		for {
			var rec capture.Record
			if err := r.Next(&rec); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			got = append(got, rec)
		}
		if !same(got, want) {
			t.Fatalf("read %+v\nwant %+v", got, want)
		}
	})
}

// Whatever a file holds: no panic, an end, and each record that is given was
// written like that, somewhere in the file.
func FuzzReader(f *testing.F) {
	whole := file(some()...)
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add(append(bytes.Clone(whole[:50]), whole...))
	f.Add([]byte{})
	f.Add(append(bytes.Clone(whole[:10]), 0xff, 0xff, 1, 2, 3))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := capture.Parse(data)
		if err != nil {
			if err.Error() == "" || r != nil {
				t.Fatalf("Parse() = %v, %q", r, err)
			}
			return
		}
		for range len(data) + 2 {
			var rec capture.Record
			err := r.Next(&rec)
			if err == io.EOF {
				return
			}
			if err != nil {
				if _, ok := errors.AsType[*capture.PlaceError](err); !ok {
					t.Fatalf("Next() = %v, no place", err)
				}
				continue
			}
			if len(rec.Bytes) > 0 && !bytes.Contains(data, rec.Bytes) {
				t.Fatalf("read % x, which is not in the file", rec.Bytes)
			}
		}
		t.Fatal("Next() never ends")
	})
}
