package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// screens are those on which a page is looked at: a phone, and a desk.
var screens = []struct {
	name          string
	width, height int
	dark          bool
}{{"phone", 390, 844, false}, {"phone-dark", 390, 844, true}, {"desk", 1280, 900, false}, {"desk-dark", 1280, 900, true}}

// inspect runs in the page and returns what is wrong with it, in words.
const inspect = `
const wrong = [], wide = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > wide) wrong.push('the page is ' + document.documentElement.scrollWidth + ' px wide on ' + wide);
const seen = e => { const r = e.getBoundingClientRect(); return r.width > 0 && r.height > 0 };
for (const e of document.querySelectorAll('main *')) {
  if (!seen(e) || e.closest('.wide, svg, pre') || e.closest('details:not([open])')) continue;
  const r = e.getBoundingClientRect();
  if (r.right > wide + 1 || r.left < -1) wrong.push(e.tagName + '.' + e.className + ' reaches ' + Math.round(r.right) + ' px: ' + e.textContent.slice(0, 40));
}
for (const e of document.querySelectorAll('.tile, .card'))
  if (e.scrollWidth > e.clientWidth + 1) wrong.push(e.className + ' overflows: ' + e.textContent.slice(0, 60));
let labels = 0;
for (const svg of document.querySelectorAll('svg.near')) {
  if (!seen(svg)) continue;
  const all = svg.getBoundingClientRect(), boxes = [...svg.querySelectorAll('g.mark text')].map(t => [t.getBoundingClientRect(), t.textContent]);
  labels += boxes.length;
  boxes.forEach(([a, s], i) => {
    if (a.left < all.left - 1 || a.right > all.right + 1 || a.top < all.top - 1) wrong.push('a label is cut: ' + s);
    for (const [b, t] of boxes.slice(i + 1))
      if (a.left < b.right && b.left < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom) wrong.push('labels overlap: ' + s + ' | ' + t);
  });
}
const verdict = document.querySelector('.answer');
if (!verdict || verdict.getBoundingClientRect().bottom > 400) wrong.push('the verdict is not seen at once');
const lum = c => { const [r, g, b] = c.match(/[\d.]+/g).slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 }); return .2126 * r + .7152 * g + .0722 * b };
const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\)$/.test(c)) return c } return 'rgb(255,255,255)' };
let least = 99;
for (const e of document.querySelectorAll('main p, main span, main li, main td, main th, main h2, main h3, main code, main div.v, main div.n, main summary')) {
  if (!seen(e) || !e.textContent.trim()) continue;
  const a = lum(getComputedStyle(e).color), b = lum(ground(e)), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < least) least = ratio;
  if (ratio < 4.5) { wrong.push('contrast ' + ratio.toFixed(1) + ' of ' + e.className + ': ' + e.textContent.slice(0, 40)); break }
}
const elsewhere = performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith('data:'));
if (elsewhere.length) wrong.push('it loads ' + elsewhere);
return {wrong, labels, least: least.toFixed(1), dark: matchMedia('(prefers-color-scheme: dark)').matches};
`

// page opens files in Chromium, driven by the chromedriver at a URL, and reports
// what is wrong with them on each screen. Pictures of them go to the folder shots,
// unless that is empty.
func page(driver, shots string, files []string) error {
	var wrong []error
	for _, s := range screens {
		at, end, err := browser(driver, s.width, s.height, s.dark)
		if err != nil {
			return fmt.Errorf("no browser: %w", err)
		}
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".html") + "-" + s.name
			says, err := inspected(at, file, s.dark)
			if err == nil && shots != "" {
				err = shoot(at, filepath.Join(shots, name+".png"), s.width)
			}
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
				continue
			}
			fmt.Printf("%-24s %s\n", name, says)
		}
		end()
	}
	return errors.Join(wrong...)
}

// browser begins a session and gives where it is worked.
func browser(driver string, width, height int, dark bool) (at string, end func(), err error) {
	profile, err := os.MkdirTemp("", "chromium")
	if err != nil {
		return "", nil, err
	}
	end = func() { os.RemoveAll(profile) }
	defer func() {
		if err != nil {
			end()
		}
	}()
	var session struct {
		ID string `json:"sessionId"`
	}
	if err := ask(driver+"/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"goog:loggingPrefs": map[string]any{"browser": "ALL"},
		"goog:chromeOptions": map[string]any{
			"args": []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
				"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--user-data-dir=" + profile},
			"mobileEmulation": map[string]any{"deviceMetrics": map[string]any{"width": width, "height": height, "pixelRatio": 1}},
		}}}}, &session); err != nil {
		return "", nil, err
	}
	at = driver + "/session/" + session.ID
	end = func() {
		if r, bad := http.NewRequest(http.MethodDelete, at, nil); bad == nil {
			if a, bad := http.DefaultClient.Do(r); bad == nil {
				a.Body.Close()
			}
		}
		os.RemoveAll(profile)
	}
	scheme := map[bool]string{false: "light", true: "dark"}[dark]
	err = ask(at+"/goog/cdp/execute", map[string]any{"cmd": "Emulation.setEmulatedMedia",
		"params": map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}}, nil)
	return at, end, err
}

// inspected opens a file and says how it is, or what is wrong with it.
func inspected(at, file string, dark bool) (says string, err error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	if err := ask(at+"/url", map[string]any{"url": (&url.URL{Scheme: "file", Path: path}).String()}, nil); err != nil {
		return "", err
	}
	var found struct {
		Wrong  []string `json:"wrong"`
		Labels int      `json:"labels"`
		Least  string   `json:"least"`
		Dark   bool     `json:"dark"`
	}
	if err := ask(at+"/execute/sync", map[string]any{"script": inspect, "args": []any{}}, &found); err != nil {
		return "", err
	}
	if found.Dark != dark {
		found.Wrong = append(found.Wrong, "the browser did not take the colours that were asked for")
	}
	var logged []struct {
		Level, Message string
	}
	if err := ask(at+"/se/log", map[string]any{"type": "browser"}, &logged); err != nil {
		return "", err
	}
	for _, l := range logged {
		found.Wrong = append(found.Wrong, "console: "+l.Level+" "+l.Message)
	}
	var pdf string
	if err := ask(at+"/print", map[string]any{}, &pdf); err != nil {
		return "", err
	}
	paper, err := base64.StdEncoding.DecodeString(pdf)
	if err != nil || !bytes.HasPrefix(paper, []byte("%PDF")) {
		found.Wrong = append(found.Wrong, "it does not print")
	}
	if len(found.Wrong) > 0 {
		return "", errors.New(strings.Join(found.Wrong, "\n  "))
	}
	return fmt.Sprintf("%d labels apart, contrast %s at least, prints", found.Labels, found.Least), nil
}

// shoot keeps a picture of the page, of its beginning when it is long.
func shoot(at, file string, width int) error {
	var got struct{ Data string }
	if err := ask(at+"/goog/cdp/execute", map[string]any{"cmd": "Page.captureScreenshot", "params": map[string]any{"captureBeyondViewport": true,
		"clip": map[string]any{"x": 0, "y": 0, "width": width, "height": 4000, "scale": 1}}}, &got); err != nil {
		return err
	}
	picture, err := base64.StdEncoding.DecodeString(got.Data)
	if err != nil {
		return err
	}
	return os.WriteFile(file, picture, 0o644)
}

// ask posts a WebDriver command and reads the value of its answer into to.
func ask(at string, what any, to any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	a, err := http.Post(at, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer a.Body.Close()
	var answer struct{ Value json.RawMessage }
	if err := json.NewDecoder(a.Body).Decode(&answer); err != nil {
		return err
	}
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %.300s", a.Status, answer.Value)
	}
	if to == nil {
		return nil
	}
	return json.Unmarshal(answer.Value, to)
}
