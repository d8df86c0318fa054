package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"penlog/session/cartridge"
	"penlog/session/clinic"
	"penlog/session/label"
	"penlog/session/limits"
	"penlog/session/limits/strictyaml"
	"penlog/session/policy"
)

// clinicFile is a kind of file that a clinic may replace.
type clinicFile struct {
	name, long string
	builtin    func() []byte
	load       func(name string, data []byte) (*soundFile, error)
}

// soundFile is what `check` says of a file that is in order.
type soundFile struct {
	Version string `json:"version"`
	Hash    string `json:"hash"`
	Same    bool   `json:"same_as_builtin"` // means exactly what the built-in file means
	// Has says what is in it, in the words of its kind.
	Has []fact `json:"has"`
}

// fact is a line of a summary. Looser marks what asks less, or allows more, than the
// built-in file does.
type fact struct {
	What   string   `json:"what"`
	Values []string `json:"values"`
	Looser bool     `json:"looser"`
}

// checkedFile is what `check --json` prints.
type checkedFile struct {
	File string `json:"file"`
	OK   bool   `json:"ok"`
	*soundFile
	Problems []*strictyaml.Problem `json:"problems"`
	Omitted  int                   `json:"problems_omitted"` // found, not listed
}

func policyCommand() *cobra.Command {
	return fileCommand(clinicFile{name: "policy", builtin: policy.DefaultYAML,
		long: "The policy: what a patient is asked before a session, and what follows for depth,\npasses and intervals.",
		load: func(name string, data []byte) (*soundFile, error) {
			p, err := policy.Load(name, data)
			if err != nil {
				return nil, err
			}
			return &soundFile{p.Version(), p.Hash(), p.Hash() == policy.Default().Hash(), aboutPolicy(p)}, nil
		}})
}

func clinicCommand() *cobra.Command {
	return fileCommand(clinicFile{name: "clinic", builtin: clinic.DefaultYAML,
		long: "The clinic's own file: modes, indications, people, and what the pen's button means.",
		load: func(name string, data []byte) (*soundFile, error) {
			c, err := clinic.Load(name, data)
			if err != nil {
				return nil, err
			}
			return &soundFile{c.Version(), c.Hash(), c.Hash() == clinic.Default().Hash(), aboutClinic(c)}, nil
		}})
}

func cartridgesCommand() *cobra.Command {
	return fileCommand(clinicFile{name: "cartridges", builtin: cartridge.DefaultYAML,
		long: "The list of cartridges: what a scanned number stands for, and how long its needles\nare.",
		load: func(name string, data []byte) (*soundFile, error) {
			c, err := cartridge.Load(name, data)
			if err != nil {
				return nil, err
			}
			return &soundFile{c.Version(), c.Hash(), c.Hash() == cartridge.Default().Hash(), aboutCartridges(c)}, nil
		}})
}

func labelsCommand() *cobra.Command {
	return fileCommand(clinicFile{name: "labels", builtin: label.DefaultYAML,
		long: "What makers' labels cover: for which pen, indication and zone, how deep, and for\nwhom.",
		load: func(name string, data []byte) (*soundFile, error) {
			c, err := label.Load(name, data)
			if err != nil {
				return nil, err
			}
			return &soundFile{c.Version(), c.Hash(), c.Hash() == label.Default().Hash(), aboutLabels(c)}, nil
		}})
}

func fileCommand(f clinicFile) *cobra.Command {
	show := &cobra.Command{
		Use:   "show",
		Short: "Print the built-in file, to start a clinic's own from",
		Long:  "Print the built-in file, with its comments: the start of a clinic's own, which\nreplaces it whole.",
		Args:  exactly(),
	}
	showJSON := show.Flags().Bool("json", false, "print what is in it as JSON")
	show.RunE = func(c *cobra.Command, _ []string) error {
		if *showJSON {
			return f.check(c, "built-in", f.builtin(), nil, true)
		}
		_, err := c.OutOrStdout().Write(f.builtin())
		return err
	}
	check := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a clinic's file: every mistake with its place, or what is in it",
		Long: "Check a clinic's file. Every mistake is shown with line, column and remedy (exit\n" +
			"code 1). A sound file is summed up; what asks less or allows more than the built-in\n" +
			"file is marked. - reads standard input.",
		Args: exactly("the FILE to check"),
	}
	asJSON := check.Flags().Bool("json", false, "print JSON")
	check.RunE = func(c *cobra.Command, args []string) error {
		type read struct {
			name string
			data []byte
		}
		r, err := loadNamed(c.InOrStdin(), f.name, args[0], func(name string, data []byte) (read, error) { return read{name, data}, nil })
		return f.check(c, r.name, r.data, err, *asJSON)
	}
	return group(f.name, "Show the built-in "+f.name+" file, and check a clinic's own", f.long, show, check)
}

// check prints what is in a file that was read, or what is wrong with it.
func (f *clinicFile) check(c *cobra.Command, name string, data []byte, err error, asJSON bool) error {
	var has *soundFile
	if err == nil {
		has, err = f.load(name, data)
	}
	var bad *strictyaml.Error
	if err != nil && (!errors.As(err, &bad) || !asJSON) {
		return refusedFile(c.ErrOrStderr(), err)
	}
	out := checkedFile{File: filepath.Base(name), OK: err == nil, soundFile: has, Problems: []*strictyaml.Problem{}}
	if err != nil {
		out.Problems, out.Omitted = bad.Problems, bad.Omitted
	}
	if !asJSON {
		return printed(c.OutOrStdout(), func(w io.Writer) { printSound(w, out.File, has) })
	}
	if wrote := printJSON(c.OutOrStdout(), out); wrote != nil {
		return wrote
	}
	if err != nil {
		return fmt.Errorf("%s: %s is refused: nothing of it is used", f.name, out.File)
	}
	return nil
}

func printSound(w io.Writer, file string, s *soundFile) {
	fmt.Fprintf(w, "%s is sound: version %s\nhash %s\n", file, s.Version, s.Hash)
	if s.Same {
		fmt.Fprintln(w, "it means exactly what the built-in file means")
	}
	marked := false
	for _, f := range s.Has {
		mark := "  "
		if f.Looser {
			mark, marked = "! ", true
		}
		fmt.Fprintf(w, "%s%s: %s\n", mark, f.What, strings.Join(f.Values, ", "))
	}
	if marked {
		fmt.Fprintln(w, "\nlines with ! ask less, or allow more, than the built-in file")
	}
}

func aboutPolicy(p *policy.Policy) []fact {
	count := map[policy.Action]int{}
	for _, q := range p.Questions() {
		count[q.Action]++
	}
	facts := []fact{
		{What: "questions", Values: []string{fmt.Sprintf("%d that block, %d for a clinician to clear, %d cautions", count[policy.Block], count[policy.Clearance], count[policy.Caution])}},
		{What: "interval", Values: []string{fmt.Sprintf("%d days between treatments of a zone", p.Interval())}},
	}
	for _, l := range p.Laxer() {
		facts = append(facts, fact{What: "laxer", Values: []string{l}, Looser: true})
	}
	_, indications := p.Absent()
	return add(facts, "no figures for passes", codes(indications), false)
}

func aboutClinic(c *clinic.Config) []fact {
	modes, looser := []string{}, false
	for _, m := range clinic.Modes() {
		if c.Allows(m) {
			modes = append(modes, m)
			looser = looser || m != clinic.Guarded
		}
	}
	facts := []fact{{What: "modes", Values: modes, Looser: looser}}
	var offered, people, clinicians []string
	for _, i := range limits.AllIndications() {
		if c.Offers(i) {
			offered = append(offered, i.String())
		}
	}
	if len(offered) == len(limits.AllIndications()) {
		offered = []string{"all"}
	}
	for _, p := range c.People() {
		people = append(people, fmt.Sprintf("%s (%s)", p.ID, p.Role))
		if p.Role == clinic.Clinician {
			clinicians = append(clinicians, p.ID)
		}
	}
	facts = add(facts, "indications", orNone(offered), false)
	if len(people) == 0 {
		people = []string{"nobody is named: anyone may treat, nobody is a clinician"}
	}
	facts = add(facts, "people", people, false)
	switch {
	case len(clinicians) == 0:
		facts = add(facts, "overrides", []string{"none: no clinician is named"}, false)
	case c.SecondPerson():
		facts = add(facts, "overrides", []string{"by a clinician, with a second person"}, true)
	default:
		facts = add(facts, "overrides", []string{"by a clinician alone"}, true)
	}
	var usb []string
	for _, id := range c.USB() {
		usb = append(usb, id.VID+":"+id.PID)
	}
	facts = add(facts, "USB ports for --port auto", usb, false)
	return add(facts, "the pen's button", []string{string(c.Button())}, false)
}

func aboutCartridges(c *cartridge.Catalogue) []fact {
	all, long, numbered := c.Models(), 0, 0
	var vague []string
	for _, m := range all {
		if m.GTIN != "" {
			numbered++
		}
		if m.Length == 0 {
			vague = append(vague, m.Code)
		} else {
			long++
		}
	}
	return add([]fact{
		{What: "cartridges", Values: []string{fmt.Sprintf("%d, %d of known length, %d with a GTIN", len(all), long, numbered)}},
	}, "length not known, so the shortest of the pen counts", vague, false)
}

// aboutLabels sums up labels. A pen whose label the built-in file knows to end somewhere
// is looser when it ends deeper, or is left out.
func aboutLabels(c *label.Catalogue) []fact {
	var names, deeper []string
	for _, p := range c.Pens() {
		if n := c.Name(p.Vendor, p.Model); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	for _, p := range label.Default().Pens() {
		less := func(i limits.Indication, z limits.Zone) bool {
			was, is := label.Default().For(p.Vendor, p.Model, i, z), c.For(p.Vendor, p.Model, i, z)
			return was.Max > 0 && (is.Max == 0 || is.Max > was.Max) || len(is.Labels) > len(was.Labels)
		}
		if slices.ContainsFunc(limits.AllIndications(), func(i limits.Indication) bool {
			return slices.ContainsFunc(limits.AllZones(), func(z limits.Zone) bool { return less(i, z) })
		}) {
			deeper = append(deeper, p.Vendor+" "+p.Model)
		}
	}
	return add([]fact{{What: "pens", Values: names}}, "labelled deeper than in the built-in file, or not at all", deeper, true)
}

func add(facts []fact, what string, values []string, looser bool) []fact {
	if len(values) == 0 {
		return facts
	}
	return append(facts, fact{What: what, Values: values, Looser: looser})
}

func orNone(values []string) []string {
	if len(values) == 0 {
		return []string{"none"}
	}
	return values
}
