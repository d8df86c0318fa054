package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// A pragma is a setting of one connection and the value it must read back as.
// A misspelt pragma or DSN parameter is ignored by SQLite and by the driver
// without a word, hence the reading back.
type pragma struct{ name, want string }

// A mode is one way of opening the file.
type mode struct {
	params string   // DSN parameters
	set    []string // statements run on each new connection
	want   []pragma // checked on each new connection
}

// The ways a file is opened.
var (
	// writing is the one writing connection. Checkpoints are run by the writer
	// after it has acknowledged, so that no commit waits for one.
	writing = mode{
		params: "mode=rw&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_busy_timeout=5000&_txlock=immediate&_recursive_triggers=1",
		set:    []string{"PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON", "PRAGMA wal_autocheckpoint=0"},
		want: []pragma{{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"}, {"busy_timeout", "5000"},
			{"recursive_triggers", "1"}, {"trusted_schema", "0"}, {"cell_size_check", "1"}, {"wal_autocheckpoint", "0"}},
	}
	// building makes a new file under another name, with a rollback journal: the
	// one file is all there is to rename once it is marked for WAL.
	building = mode{
		params: "mode=rw&_journal_mode=DELETE&_synchronous=FULL&_foreign_keys=1&_txlock=immediate&_recursive_triggers=1",
		want:   []pragma{{"journal_mode", "delete"}, {"synchronous", "2"}, {"foreign_keys", "1"}, {"recursive_triggers", "1"}},
	}
	// probing looks at a file that may be anyone's and changes nothing in it.
	probing = mode{
		params: "mode=ro&_query_only=1&_busy_timeout=5000",
		set:    []string{"PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON"},
		want:   []pragma{{"query_only", "1"}, {"trusted_schema", "0"}, {"cell_size_check", "1"}, {"busy_timeout", "5000"}},
	}
	// recovering lets SQLite undo, from the rollback journal beside it, a change
	// that was cut off, and changes nothing else.
	recovering = mode{
		params: "mode=rw&_synchronous=FULL&_busy_timeout=5000",
		set:    probing.set,
		want:   []pragma{{"synchronous", "2"}, {"trusted_schema", "0"}, {"cell_size_check", "1"}},
	}
	// reading reads a live or a closed database of ours, or a copy not yet taken
	// into use, which is not in WAL mode.
	reading = probing
	// frozen reads a cleanly closed database in a folder where nothing may be
	// written. It takes no locks, so nobody may be writing.
	frozen = mode{
		params: "mode=ro&immutable=1&_query_only=1",
		set:    probing.set,
		want:   []pragma{{"query_only", "1"}, {"trusted_schema", "0"}, {"cell_size_check", "1"}},
	}
)

// open returns a pool whose every connection has m's settings, checked. No
// connection is made yet.
func (m mode) open(path string) *sql.DB {
	return sql.OpenDB(connector{dsn: dsn(path, m.params), mode: m})
}

// dsn builds the driver's data source name. path is absolute. Every byte that
// means something in a URI is escaped: unescaped, "room #2" creates "room ".
func dsn(path, params string) string {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // C:/…
	}
	var b strings.Builder
	b.WriteString("file://")
	for i := range len(p) {
		switch c := p[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("/-._~:", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String() + "?" + params
}

// connector opens connections of one mode. It stands in for the registered
// driver, so that nothing global is touched, and for its ConnectHook.
type connector struct {
	dsn  string
	mode mode
}

// Driver returns the SQLite driver.
func (c connector) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

// Connect opens a connection, makes the settings and reads them back.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, err
	}
	if err := c.mode.apply(context.WithoutCancel(ctx), conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// apply makes m's settings on conn and reads them back.
func (m mode) apply(ctx context.Context, conn driver.Conn) error {
	for _, q := range m.set {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, q, nil); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	for _, p := range m.want {
		got, err := readPragma(ctx, conn, p.name)
		if err != nil {
			return fmt.Errorf("PRAGMA %s: %w", p.name, err)
		}
		if got != p.want {
			return &PragmaError{Name: p.name, Got: got, Want: p.want}
		}
	}
	return nil
}

func readPragma(ctx context.Context, conn driver.Conn, name string) (string, error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "PRAGMA "+name, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	v := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(v); err == io.EOF {
		return "", nil
	} else if err != nil {
		return "", err
	}
	if b, ok := v[0].([]byte); ok {
		return string(b), nil
	}
	return fmt.Sprint(v[0]), nil
}
