package format

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func autoSpec() Spec {
	return Spec{
		Name: "auto",
		Summary: "Whatever the line is in: the most specific format that understands it, named in event.dataset. Each line is looked at by " +
			"itself, so that the same line always gives the same event; a log in one known format is read faster by its name.",
		Example: `2026/11/22 19:00:00 [error] 31#31: *7 connect() failed (111: Connection refused), client: 203.0.113.7, server: shop`,
		Fields:  []string{"event.dataset", "and those of the format"},
		Parse:   parseAuto,
	}
}

// candidate is a format that lines may be recognised to be in.
type candidate struct {
	name string
	// weight says how much a line that the format understands tells: what takes nearly anything weighs little.
	weight float64
	// sign, where it is not nil, tells the format's lines from those of others that it would understand, too.
	sign func(line []byte) bool
	// each says that every line must have the sign, not just one among many.
	each bool
	// mark, where it is not nil, is in some lines of the format and in none of its twins', which it else weighs less than;
	// where one line has it, the format has the weight marked.
	mark   func(line []byte) bool
	marked float64

	spec    Spec
	dataset event.Value // its name
}

// signs reports whether the candidate's own mark is in the line.
func (c *candidate) signs(line []byte) bool { return c.sign == nil || c.sign(line) }

// candidates are the formats that can be recognised, the most specific first. A line is in the first that signs and
// understands it.
var candidates = sync.OnceValue(func() []candidate {
	list := []candidate{
		{name: "nginx.ingress", weight: 1},
		{name: "traefik.access", weight: 0.98, sign: signTraefik},
		{name: "iis.access", weight: 0.98, sign: func(b []byte) bool { return len(b) > 0 && b[0] != '#' }},
		{name: "nginx.error", weight: 0.98},
		{name: "apache.error", weight: 0.98, sign: func(b []byte) bool { return len(b) > 1 && !isDigit(b[1]) }}, // a weekday
		{name: "haproxy", weight: 0.98},
		{name: "redis", weight: 0.98},
		{name: "mysql.slow", weight: 0.98},
		{name: "postgresql", weight: 0.97, sign: signPostgreSQL},
		{name: "mongodb", weight: 0.97, sign: signMongoDB},
		{name: "cri", weight: 0.97},
		{name: "docker", weight: 0.97},
		{name: "jvm.gc", weight: 0.97},
		{name: "zookeeper", weight: 0.96, sign: func(b []byte) bool { return len(b) > 0 && b[0] != '[' }},
		{name: "cassandra", weight: 0.96, sign: containsAny(".java")},
		{name: "wildfly", weight: 0.96},
		{name: "flink", weight: 0.95, sign: containsAny("org.apache.flink.", "[] - ")},
		{name: "solr", weight: 0.95, sign: containsAny("o.a.s.", "org.apache.solr")},
		{name: "kafka", weight: 0.95, sign: containsAny("(kafka.", "(org.apache.kafka.", "(state.change.logger)", "[state.change.logger]", "[kafka.", " org.apache.kafka.", " kafka.", " o.a.k.")},
		{name: "logstash", weight: 0.95, sign: containsAny("][logstash.", "][org.logstash.", "][slowlog.logstash.", "][deprecation.logstash.", `"logEvent"`, "{:timestamp=>")},
		{name: "elasticsearch", weight: 0.94},
		{name: "tomcat.catalina", weight: 0.94, sign: containsAny(" org.apache.catalina.", " org.apache.coyote.", " org.apache.jasper.", " org.apache.tomcat.")},
		{name: "hadoop", weight: 0.93, sign: containsAny("org.apache.hadoop.", "hbase.", "regionserver.", " hdfs.", "namenode.", "datanode.", " yarn.", "master.HMaster", " mapreduce.", "util.NativeCodeLoader", " FSNamesystem.", " dfs.")},
		{name: "mysql.error", weight: 0.92, sign: signMySQL},
		{name: "nginx.access", weight: 0.9, sign: signAccess, each: true},
		{name: "apache.access", weight: 0.89, sign: signAccess, each: true, mark: marksApache, marked: 0.91},
		{name: "log4j", weight: 0.82},
		{name: "stacktrace", weight: 0.85}, // behind a message it is the logger's
		{name: "syslog", weight: 0.8, sign: signSyslog, each: true},
		{name: "json", weight: 0.7},
		{name: "logfmt", weight: 0.6, sign: signLogfmt, each: true},
	}
	specs := byName()
	for i := range list {
		list[i].spec, list[i].dataset = specs[list[i].name], event.Constant(list[i].name)
	}
	return list
})

var (
	errUnknown = errors.New("in no format that can be recognised")
	dataset    = "event.dataset"
)

func parseAuto(in *Input) error {
	list := candidates()
	for i := range list {
		c := &list[i]
		if !c.signs(in.Line) || c.spec.Parse(in) != nil {
			continue
		}
		setOwn(in.Event, dataset, c.dataset)
		return nil
	}
	return errUnknown
}

// Guess is a format that lines may be in.
type Guess struct {
	Name       string  `json:"name"`
	Confidence float64 `json:"confidence"` // 0 to 1: Share, less where the format takes nearly anything
	Share      float64 `json:"share"`      // of the lines that the format understands
}

// Recognise says which formats lines are in, the likeliest first: each that understands at least one of them, and last, if
// none does so with the greater part, "plain". Lines are events, so one may hold several lines of text. It looks at no more
// than the first thousand.
func Recognise(lines [][]byte) []Guess {
	lines = tidied(lines)
	in := &Input{Event: event.New(event.NewSchema()), At: time.Unix(0, 0).UTC(), Location: time.UTC}
	guesses := []Guess{}
	list := candidates()
	for i := range list {
		if guess, ok := list[i].guess(in, lines); ok {
			guesses = append(guesses, guess)
		}
	}
	slices.SortStableFunc(guesses, func(a, b Guess) int {
		switch {
		case a.Confidence > b.Confidence:
			return -1
		case a.Confidence < b.Confidence:
			return 1
		}
		return 0
	})
	if len(guesses) == 0 || guesses[0].Share < 0.5 {
		guesses = append(guesses, Guess{Name: "plain", Share: 1, Confidence: 0.1})
	}
	return guesses
}

// tidied are the first of the lines without empty ones, and without what framing takes off the lines of a file.
func tidied(lines [][]byte) (tidy [][]byte) {
	const most = 1000
	for _, line := range lines[:min(len(lines), most)] {
		line = bytes.TrimSuffix(bytes.TrimPrefix(line, []byte("\ufeff")), []byte("\r"))
		if len(bytes.TrimSpace(line)) > 0 {
			tidy = append(tidy, line)
		}
	}
	return tidy
}

// guess says how likely it is that lines are in the format; ok reports whether it understands one of them.
func (c *candidate) guess(in *Input, lines [][]byte) (guess Guess, ok bool) {
	understood, signed, weight := 0, false, c.weight
	for _, line := range lines {
		in.Event.Reset()
		in.Line = line
		signs := c.signs(line)
		if !signs && c.each || c.spec.Parse(in) != nil {
			continue
		}
		understood++
		signed = signed || signs
		if c.mark != nil && c.mark(line) {
			weight = c.marked
		}
	}
	share := float64(understood) / float64(max(len(lines), 1))
	return Guess{Name: c.name, Share: share, Confidence: share * weight}, signed
}
