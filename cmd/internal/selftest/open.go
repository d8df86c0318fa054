package selftest

// open are mutations that no campaign finds yet, with what it would need: each is
// played, told and counted, and none fails the self-test. An entry goes when its
// mutation is found.
var open = map[string]string{
	"guard/wish-of-this-pen":             "a fast lane that takes a turn between two orders of the slow one",
	"link/overslept":                     "an agent that hangs for just under the second after which the link is lost anyway",
	"link/identity-changes":              "a pen that in the same boot says that it is another",
	"link/another-host":                  "another host's frames on a line that Penlog only listens to",
	"link/pen-clock-late":                "a pen's clock that is set back while its frames are delayed",
	"link/age-is-bounded":                "ages held against truth under a clock that is 2 % off from the first reading on",
	"arming/cartridge-lowers":            "a pen whose cartridge changes its length without a new boot",
	"fold/forgets-CartridgeSeen":         "a pen whose cartridge changes its length without a new boot",
	"arming/cartridge-once":              "more often the pack of a session before, scanned again with everything else in order",
	"arming/edge-tripped-choose":         "a zone that is chosen while a trip is latched, by a technician who then goes on",
	"arming/ceiling-label":               "a pen whose label allows less than the table does",
	"record/trips-are-not-spared":        "more than 4,096 records that wait, or a trip that breaks 20 times a second",
	"record/late-without-later-override": "strokes moved to another zone after an override",
}
