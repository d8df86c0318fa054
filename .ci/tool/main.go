// Command tool is what the scripts beside it need and a bare machine may lack.
//
//	tool file FILE           wait until FILE exists
//	tool get URL             wait for an answer with 200 and print it
//	tool query URL PROMQL    wait until a Prometheus answers a query with something
//	tool port                print a free TCP port
//	tool value FILE PATH     print what lies at a.b.0.c in a JSON file
//	tool json FILE TEST…     check a JSON file: a.b==x, a.len>=2
//	tool page URL DIR FILE…  open pages in the browser of the chromedriver at URL, and say
//	                         what is wrong with them; pictures go to DIR, if it is not empty
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// patience is how long waiting may take.
const patience = 30 * time.Second

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tool:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "file":
		return until(func() error {
			_, err := os.Stat(args[1])
			return err
		})
	case len(args) == 2 && args[0] == "get":
		return until(func() error {
			b, err := get(args[1])
			if err == nil {
				_, err = os.Stdout.Write(b)
			}
			return err
		})
	case len(args) == 3 && args[0] == "query":
		return until(func() error { return query(args[1], args[2]) })
	case len(args) == 1 && args[0] == "port":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		fmt.Println(l.Addr().(*net.TCPAddr).Port)
		return nil
	case len(args) == 3 && args[0] == "value":
		v, err := read(args[1])
		if err == nil {
			v, err = look(v, args[2])
		}
		if err == nil {
			fmt.Println(v)
		}
		return err
	case len(args) > 3 && args[0] == "page":
		return page(args[1], args[2], args[3:])
	case len(args) > 2 && args[0] == "json":
		v, err := read(args[1])
		if err != nil {
			return err
		}
		wrong := 0
		for _, test := range args[2:] {
			got, ok, err := holds(v, test)
			if err != nil {
				return fmt.Errorf("%s: %w", test, err)
			}
			word := "ok   "
			if !ok {
				wrong, word = wrong+1, "WRONG"
			}
			fmt.Printf("%s %s (%v)\n", word, test, got)
		}
		if wrong > 0 {
			return fmt.Errorf("%d of %d tests failed", wrong, len(args)-2)
		}
		return nil
	}
	return fmt.Errorf("usage: see the top of %s", "tool/main.go")
}

// until tries until it succeeds or patience ends.
func until(try func() error) error {
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		err := try()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("not within %v: %w", patience, err)
		}
	}
}

func get(url string) ([]byte, error) {
	c := http.Client{Timeout: 5 * time.Second}
	r, err := c.Get(url)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", r.Status, b)
	}
	return b, err
}

func query(server, promQL string) error {
	b, err := get(server + "/api/v1/query?query=" + url.QueryEscape(promQL))
	if err != nil {
		return err
	}
	var answer struct {
		Data struct {
			Result []struct {
				Value []any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		return err
	}
	if len(answer.Data.Result) == 0 {
		return fmt.Errorf("%s: nothing yet", promQL)
	}
	fmt.Printf("%s: %v\n", promQL, answer.Data.Result[0].Value[1])
	return nil
}

func read(file string) (any, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var v any
	return v, json.Unmarshal(b, &v)
}

// look finds what lies at a path; "len" is the length of a list.
func look(v any, path string) (any, error) {
	for _, step := range strings.Split(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[step]
			if !ok {
				return nil, fmt.Errorf("there is no %q", step)
			}
			v = next
		case []any:
			n, err := strconv.Atoi(step)
			switch {
			case step == "len":
				v = float64(len(at))
			case err != nil || n < 0 || n >= len(at):
				return nil, fmt.Errorf("there is no %q in a list of %d", step, len(at))
			default:
				v = at[n]
			}
		default:
			return nil, fmt.Errorf("%q has nothing below it", step)
		}
	}
	return v, nil
}

// holds evaluates PATH==WORD or PATH>=NUMBER.
func holds(v any, test string) (got any, ok bool, err error) {
	if path, want, found := strings.Cut(test, "=="); found {
		got, err = look(v, path)
		return got, err == nil && fmt.Sprint(got) == want, err
	}
	path, want, found := strings.Cut(test, ">=")
	if !found {
		return nil, false, fmt.Errorf("is neither PATH==WORD nor PATH>=NUMBER")
	}
	least, err := strconv.ParseFloat(want, 64)
	if err != nil {
		return nil, false, err
	}
	if got, err = look(v, path); err != nil {
		return nil, false, err
	}
	n, isNumber := got.(float64)
	return got, isNumber && n >= least, nil
}
