// Package simpen runs a simulated pen in real time: on a pseudo-terminal, where
// the agent opens it as any pen, or on a TCP port. `pensim pen` and the pen
// process of `penlog demo` are this package.
//
// [Run] owns one [sim.Rig]. Its bytes leave no faster than the line carries
// them; when nobody reads, they are lost and counted, as a UART loses them, and
// the pen never waits. Times are µs of this process's monotonic clock, from the
// start of Run; they are the pen's own measurements, made without the host.
//
// # Control
//
// With --control the program reads one JSON object a line, a [Control], from
// standard input. The end of the input ends the pen. µm and ms are integers.
// With --ctl it takes the same lines at a socket or a loopback port, from several
// programs at once; each line is answered by one observation there, done (with
// the state, if that was asked for) or refused, and all are observed as ever.
// `pensim ctl` is a client of that.
//
//	{"do":"press"}                                  the start button, once: start or stop
//	{"do":"dial","um":2500}                         turn the ring to that depth, click by click
//	{"do":"step","um":-1}                           turn it by so many clicks (not µm)
//	{"do":"contact","on":true}                      tip on the skin, or lifted
//	{"do":"glide","axis":"vertical"}                a glide begins: horizontal, vertical,
//	                                                oblique_left, oblique_right, circular, stamp
//	{"do":"speed","hz":110}                         stroke rate wanted
//	{"do":"cartridge","on":false}                   cartridge out, or in
//	{"do":"release","on":true}                      out of guarded mode, or back
//	{"do":"hand","style":"careful","um":1000,"passes":2,"seed":3}   a hand works by itself; passes 0: it stops
//	{"do":"unplug"}  {"do":"replug"}                the cable
//	{"do":"skin","name":"bony"}                     what the tip is on: plain, soft, firm, bony
//	{"do":"noise","per_million":1000,"ms":2000}     that many bytes of each million damaged, both ways
//	{"do":"stall","ms":200}                         the line holds everything back, both ways
//	{"do":"fault","name":"stuck-sensor","amount":0} see sim.Faults; "direction" up or down, "text" where
//	                                                a fault takes them, "ms" that it lasts
//	{"do":"clear","name":"stuck-sensor"}            take it away; without a name: all of them
//	{"do":"script","steps":[{"after_ms":500,"do":"press"}, …]}   each after so long from now
//	{"do":"state"}                                  ask for a state
//	{"do":"quit"}
//
// # Observations
//
// What happens comes as one JSON object a line, an [Observation], on standard
// output. Fields that do not apply are left out.
//
//	{"see":"ready","at_us":512,"simulated":true,"listens":"serial:///tmp/pen","device":"/dev/pts/5","pid":71,…}
//	{"see":"press","result":"ran"}                  or no_permit, depth_above, fault, stop, none
//	{"see":"motor","on":false,"cause":"revoke"}     press, lapse, revoke, ceiling, hello, fault, own, power
//	{"see":"clear","cause":"revoke","stop_us":43100}  needles out of the skin
//	{"see":"permit","on":true,"ceiling_um":1500}    and on false with "lapsed" when it died of age
//	{"see":"host","on":true}                        a host session
//	{"see":"over_limit","over":{…}}                 an [OverLimit], once it is over
//	{"see":"host_silent","silent":{…}}              a [Silence]: a permit's death stopped the motor
//	{"see":"plug","on":false}                       the cable, or a TCP client
//	{"see":"moved","listens":"serial:///tmp/pen.1"} it is found under another name after a replug
//	{"see":"boot"}
//	{"see":"state","state":{…}}                     a [State]
//	{"see":"done","of":"dial"}                      a control was carried out
//	{"see":"refused","of":"fault","why":"…"}        it was not
package simpen
