package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

var loggerFields = []string{
	"@timestamp", "log.level", "log.logger", "process.thread.name", "log.origin.file.name", "log.origin.file.line", "message",
	"error.type", "error.message", "error.stack_trace",
}

// javaSpecs are the logs of programs of the JVM, each with the layouts that its releases and packages ship.
func javaSpecs() []Spec {
	specs := []Spec{
		{
			Name:    "kafka",
			Summary: "The logs of Kafka and Kafka Connect: server, controller, state change, log cleaner. What stands in brackets before the message is kafka.log.component.",
			Example: `[2026-11-22 19:00:00,123] INFO [Partition orders-0 broker=1] Log loaded (kafka.cluster.Partition)`,
			Parse:   parseKafka,
		},
		{
			Name:    "zookeeper",
			Summary: "The log of ZooKeeper.",
			Example: `2026-11-22 19:00:00,123 [myid:1] - INFO  [main:QuorumPeerConfig@136] - Reading configuration`,
			Parse:   parseZooKeeper,
		},
		loggerSpec("hadoop", "The logs of Hadoop (HDFS, YARN, MapReduce) and HBase. The message keeps the name of the class.",
			`2026-11-22 19:00:00,123 WARN  [main] util.NativeCodeLoader: Unable to load native code`,
			"%d %p [%t] %>%c: %m", "%d %p %>%c: %m", "%d %p [%t] %c (%F:%X(%L)) - %m", "%d %p %c (%F:%X(%L)) - %m",
			"%d %p [%t] %>%c(%L): %m", "%d %t %p %>%c: %m"),
		withGC(loggerSpec("cassandra", "The system and debug logs of Cassandra. The message keeps the name of the file.",
			`INFO  [main] 2026-11-22 19:00:00,123 StorageService.java:1451 - Joined the ring`,
			"%p [%t] %d %>%F:%L - %m", "%p [%t] %d %>%F (line %L) %m", " %p [%t] %d %>%F (line %L) %m", "%p %d %m")),
		loggerSpec("solr", "The log of Solr.",
			`2026-11-22 19:00:00.123 INFO  (qtp5-15) [c:shop s:shard1] o.a.s.c.S.Request [shop] webapp=/solr path=/select status=0`,
			"%d %p (%t) [%X] %c %m", "%d %p (%t) %c %m", "%p - %d; [%X] %c; %m", "%p - %d; %c; %m"),
		loggerSpec("flink", "The logs of Flink's job and task managers.",
			`2026-11-22 19:00:00,123 INFO  org.apache.flink.runtime.rpc.akka.AkkaRpcService [] - Starting RPC endpoint`,
			"%d %p %c [%X] - %m", "%d [%t] %p %c [%X] - %m", "%d %p [%t] %c [%X] - %m", "%d %p %c - %m", "%d [%t] %p %c - %m"),
		loggerSpec("wildfly", "The server log of WildFly and JBoss.",
			`2026-11-22 19:00:00,123 INFO  [org.jboss.as.server] (MSC service thread 1-1) WFLYSRV0010: Deployed "shop.war"`,
			"%d %p [%c] (%t) %m", "%d %p [%c:%L] (%t) %m", "[%X] %d %p [%c] (%t) %m"),
		{
			Name: "tomcat.catalina",
			Summary: "Tomcat's catalina, localhost and manager logs, on one line or, as java.util.logging writes them, on two. " +
				"The message keeps the name of the class.",
			Example: `22-Nov-2026 19:00:00.123 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [356] milliseconds`,
			Parse:   parseCatalina,
		},
		withOthers(shapedBy(Shape{Option: "pattern", Make: withPattern}, loggerSpec("log4j", "What the layouts of Log4j, Logback, Spring Boot and their kin write in common, and loggers of Python, "+
			"Ruby, PHP, .NET, Go and Rust as well: a time, a level, and a thread or a logger, in any usual order. The option pattern takes a layout of your own, as the program's configuration has it.",
			`2026-11-22 19:00:00.123 [main] INFO  com.acme.Cart - added 2 items`,
			"%d %p %P --- [%X] [%t] [%X] %c : %m", "%d %p %P --- [%X] [%t] %c : %m", "%d %p %P --- [%t] %c : %m",
			"%d [%t] %p %c - %m", "%d [%t] %p %c %X - %m", "%d [%t] %p %c -%X- %m", "%d [%t] %p %c: %m",
			"%d %p [%t] %c - %m", "%d %p [%t] %c: %m", "%d %p [%t] (%F:%L) - %m", "%d %p %c [%t] - %m", "%d %p %c [%t] %m",
			"%d %p %c (%F:%X(%L)) - %m", "%d %p %c:%L - %m", "%d %p %c - %m", "%d %p %c: %m",
			"%d %p [%c] (%t) %m", "%d [%p] [%t] %c - %m", "%d [%p] %c - %m", "%d [%P] [%p] %c: %m", "%d [%p] [%t] %m", "%d [%p] %m",
			"%d | %p | %t | %F | %L | %m", "%d | %p | %t | %c | %m", "%d | %p | %c:%X:%L - %m", "%d | %p | %c - %m", "%d|%p|%c|%m",
			"%d - %p - [%t] %c - %m", "%d - %c - %p - %m", "%d,%p,%c,%m", "%d %t %p %c - %m", "%d %t %p %c %m",
			"%d\t%p\t%c\t%F:%L\t%m", "%d\t%p\t%F:%L\t%m", "%d\t%p\t%c\t%m",
			"%p %d [%t] %c - %m", "%p %d %c - %m", "%p [%t] %d %c - %m", "%p [%t] %c - %m", "%p %c - %m", "%p:%c:%m", "%p: %c[%X]\n %m",
			"[%d] %p [%t] %c - %m", "[%d] [%t] %p %c - %m", "[%d] [%P] [%p] %m", "[%d] [%p] [%c] %m", "[%d] [%c] [%p] %m", "[%d] [%p] %m",
			"[%d] {%F:%L} %p - %m", "[%d: %p/%t] %m", "[%d %p %c] %m", "[%d] %c.%p: %m", "[%d] %p %m",
			"%X, [%d #%P] %p -- : %m", "%X, [%d #%P] %p -- %c: %m",
			"%d %p [%t] %m", "%d [%t] %p %m", "%d %p: %m", "%d %p %m"))),
	}
	for i := range specs {
		if specs[i].Fields == nil {
			specs[i].Fields = loggerFields
		}
	}
	return specs
}

// withGC also reads the log of the garbage collector, which the program's packages put beside its own.
func withGC(s Spec) Spec {
	parse := s.Parse
	s.Parse = func(in *Input) error {
		if err := parse(in); err == nil || parseJVMGC(in) != nil {
			return err
		}
		return nil
	}
	return s
}

// withOthers also reads the two lines of java.util.logging, and the lines of glog, which no pattern describes.
func withOthers(s Spec) Spec {
	parse := s.Parse
	s.Parse = func(in *Input) error {
		err := parse(in)
		if err == nil || parseSimple(in) == nil || parseGlog(in) == nil {
			return nil
		}
		return err
	}
	return s
}

// shapedBy is a format whose lines the user may describe.
func shapedBy(shape Shape, s Spec) Spec {
	s.Shape = shape
	return s
}

func loggerSpec(name, summary, example string, patterns ...string) Spec {
	layouts := loggerLayouts(patterns...)
	return Spec{
		Name: name, Summary: summary, Example: example, Fields: loggerFields,
		Parse: func(in *Input) error { return parseLogger(in, layouts, nil) },
	}
}

var kafkaLayouts = loggerLayouts("[%d] [%p] [%t] [%c] - %m", "[%d] %p %m",
	"%d %p [%t] %c:%L - %m", "%d %p [%t] %c - %m", "%d %p [%t] %c: %m", "%d %p %c: %m", "%d %p %m")

func parseKafka(in *Input) error { return parseLogger(in, kafkaLayouts, refineKafka) }

// refineKafka cuts the logger off the end of the message, where Kafka writes it, and its component off the start.
func refineKafka(in *Input, f *loggerLine) {
	f.cutLastLogger()
	c := cursor{b: f.message}
	if component, ok := c.within('[', ']'); ok && (c.lit(": ") || c.lit(":") || c.lit(" ")) && len(component) > 0 {
		setOwn(in.Event, "kafka.log.component", event.String(component))
		f.message = c.rest()
	}
}

// cutLastLogger takes the logger from the end of the message's first line, or of its last, where it stays.
func (f *loggerLine) cutLastLogger() {
	if f.logger != nil {
		return
	}
	first, _, more := bytes.Cut(f.message, []byte("\n"))
	text, ok := f.cutLogger(first)
	switch {
	case ok && !more:
		f.message = text
	case !ok && more:
		f.cutLogger(f.message)
	}
}

// cutLogger finds "(kafka.log.Log)" or "(kafka.log.Log:225)" at the end of a text, or before the thread, "[main]", as Strimzi
// configures it, and returns what stands before.
func (f *loggerLine) cutLogger(text []byte) (before []byte, ok bool) {
	text = bytes.TrimRight(text, " ")
	thread := f.thread
	if bytes.HasSuffix(text, []byte{']'}) {
		if at := bytes.LastIndex(text, []byte(") [")); at > 0 {
			thread, text = text[at+len(") ["):len(text)-1], text[:at+1]
		}
	}
	open := bytes.LastIndexByte(text, '(')
	if open < 0 || text[len(text)-1] != ')' {
		return nil, false
	}
	name, line := text[open+1:len(text)-1], []byte(nil)
	if colon := bytes.LastIndexByte(name, ':'); colon > 0 && isNumber(name[colon+1:]) {
		name, line = name[:colon], name[colon+1:]
	}
	if !isClass(name) {
		return nil, false
	}
	f.logger, f.line, f.thread = name, line, thread
	return bytes.TrimRight(text[:open], " "), true
}

var zooKeeperLayouts = loggerLayouts("%d [%X] - %p [%t] - %m", "%d - %p [%t] - %m", "%d [%X] - %p [%t] %c - %m")

func parseZooKeeper(in *Input) error {
	if len(in.Line) > 0 && in.Line[0] == '[' { // as Kafka's packages configure it
		return parseLogger(in, kafkaLayouts, func(_ *Input, f *loggerLine) { f.cutLastLogger() })
	}
	return parseLogger(in, zooKeeperLayouts, func(_ *Input, f *loggerLine) {
		// The bracket holds thread:class@line.
		at := bytes.LastIndexByte(f.thread, '@')
		colon := bytes.LastIndexByte(f.thread, ':')
		if at > colon && colon > 0 && isNumber(f.thread[at+1:]) {
			f.thread, f.logger, f.line = bytes.TrimRight(f.thread[:colon], ":"), f.thread[colon+1:at], f.thread[at+1:]
		}
	})
}

var catalinaLayouts = loggerLayouts("%d %p [%t] %m", "%d [%t] %p %c- %m")

func parseCatalina(in *Input) error {
	if parseLogger(in, catalinaLayouts, func(_ *Input, f *loggerLine) {
		if name, _, ok := bytes.Cut(f.message, []byte(" ")); ok && bytes.IndexByte(name, '.') > 0 && isClass(name) {
			f.logger = name
		}
	}) == nil {
		return nil
	}
	return parseSimple(in)
}

// parseSimple reads the two lines of java.util.logging's SimpleFormatter: time, class and method; then level and message.
func parseSimple(in *Input) error {
	c := cursor{b: in.Line}
	t, ok := c.time(in)
	if !ok || !c.lit(" ") {
		return errLoggerLine
	}
	first, ok := c.until("\n")
	if !ok {
		return errLoggerLine
	}
	level, ok := c.level()
	if !ok || !c.lit(":") {
		return errLoggerLine
	}
	c.spaces()
	name, method, _ := bytes.Cut(bytes.TrimSpace(first), []byte(" "))
	if !isClass(name) {
		return errLoggerLine
	}
	f := loggerLine{time: t, timed: true, level: level, logger: name, message: c.rest()}
	if len(method) > 0 {
		setOwn(in.Event, "log.origin.function", event.String(method))
	}
	f.set(in.Event)
	return nil
}
