package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func elasticSpecs() []Spec {
	return []Spec{
		{
			Name: "elasticsearch",
			Summary: "The server, deprecation, slow, audit and garbage collector's logs of Elasticsearch and OpenSearch: text, and JSON of 7 and 8. " +
				"The time of a slow request is event.duration.",
			Example: `[2026-11-22T19:00:00,123][INFO ][o.e.c.m.MetadataCreateIndexService] [node-1] [shop] creating index`,
			Fields:  append([]string{"elasticsearch.node.name", "elasticsearch.cluster.name", "elasticsearch.index.name", "elasticsearch.slowlog.*", "event.duration"}, loggerFields...),
			Parse:   parseElasticsearch,
		},
		{
			Name:    "logstash",
			Summary: "The log of Logstash: text, JSON, and the hashes of Ruby before 5.0. The time of a slow plugin is event.duration.",
			Example: `[2026-11-22T19:00:00,123][INFO ][logstash.agent           ][main] Pipelines running {:count=>1}`,
			Fields:  append([]string{"logstash.log.pipeline_id", "logstash.log.log_event.*", "event.duration"}, loggerFields...),
			Parse:   parseLogstash,
		},
	}
}

var bracketLayouts = loggerLayouts("[%d][%p][%c]%m")

var elasticKeys = []rename{
	{"component", "log.logger"},
	{"cluster.name", "elasticsearch.cluster.name"},
	{"cluster.uuid", "elasticsearch.cluster.uuid"},
	{"node.name", "elasticsearch.node.name"},
	{"node.id", "elasticsearch.node.id"},
	{"type", "elasticsearch.type"},
}

// auditKeys are the keys of Elasticsearch's audit log.
var auditKeys = []rename{
	{"origin.type", "elasticsearch.audit.origin_type"},
	{"origin.address", "source.address"},
	{"request.method", "http.request.method"},
	{"request.id", "http.request.id"},
	{"request.name", "elasticsearch.audit.request.name"},
	{"layer", "elasticsearch.audit.layer"},
	{"realm", "elasticsearch.audit.realm"},
	{"indices", "elasticsearch.audit.indices"},
}

func parseElasticsearch(in *Input) error {
	if len(in.Line) > 0 && in.Line[0] == '{' {
		return parseElasticJSON(in)
	}
	err := parseLogger(in, bracketLayouts, func(in *Input, f *loggerLine) {
		f.message = bytes.TrimLeft(f.message, " ")
		f.cutNode(in)
		if bytes.HasPrefix(f.message, []byte("took[")) {
			setSlow(in, f.message)
		}
	})
	if err != nil && (parseElasticAudit(in) == nil || parseJVMGC(in) == nil) {
		return nil
	}
	return err
}

// cutNode cuts the node and the index off a message: "[node-1] [shop/aOGgDwbURfCV57AScqbCgw] …", "[node-1] [shop][0] …".
func (f *loggerLine) cutNode(in *Input) {
	c := cursor{b: f.message}
	node, ok := c.within('[', ']')
	if !ok || !c.lit(" ") && c.peek() != '[' || string(node) == "gc" || isDeprecated(f.logger, node) {
		return
	}
	if len(node) > 0 {
		setOwn(in.Event, "elasticsearch.node.name", event.String(node))
	}
	c.spaces()
	f.message = c.rest()
	index, ok := c.within('[', ']')
	if !ok {
		return
	}
	shard, sharded := c.within('[', ']')
	if !c.lit(" ") {
		return
	}
	const idLength = 22
	name, id, _ := bytes.Cut(index, []byte("/"))
	slow := bytes.HasPrefix(c.rest(), []byte("took["))
	if bytes.Contains(f.logger, []byte("Meta")) || len(id) == idLength || slow {
		setOwn(in.Event, "elasticsearch.index.name", event.String(name))
		f.message = c.rest()
	}
	if len(id) > 0 {
		setOwn(in.Event, "elasticsearch.index.id", event.String(id))
	}
	if slow && sharded {
		setOwn(in.Event, "elasticsearch.shard.id", event.String(shard))
	}
}

// isDeprecated reports whether a bracket of the deprecation log, which up to 6.x named no node, is what is deprecated: [_all],
// [types removal].
func isDeprecated(logger, bracket []byte) bool {
	return bytes.HasPrefix(logger, []byte("o.e.d.")) && len(bracket) > 0 && (bracket[0] == '_' || bytes.IndexByte(bracket, ' ') > 0)
}

func parseElasticJSON(in *Input) error {
	audit := bytes.Contains(in.Line, []byte(`"type":"audit"`)) || bytes.Contains(in.Line, []byte(`"type": "audit"`))
	if !audit && !bytes.Contains(in.Line, []byte(`"cluster.name"`)) && !bytes.Contains(in.Line, []byte(`"elasticsearch.`)) {
		return errLoggerLine
	}
	if err := parseJSON(in); err != nil {
		return err
	}
	e := in.Event
	renameAll(e, elasticKeys)
	if audit {
		renameAll(e, auditKeys)
		if v := e.Get(event.SourceAddress); v != nil && v.IsText() {
			address, port := cutPort(v.Text())
			setSource(e, address)
			setCount(e, event.SourcePort, port)
		}
	}
	setSlowJSON(in)
	if v := e.Get(e.Lookup("stacktrace")); v != nil && v.Kind == event.KindRaw {
		lines := *v
		e.Remove(e.Lookup("stacktrace"))
		setTraceLines(e, lines.Bytes())
	}
	return nil
}

// setTraceLines sets the fields of a trace that is a JSON array of its lines.
func setTraceLines(e *event.Event, array []byte) {
	r := reader{b: array, i: 1, e: e}
	trace := e.Scratch()
	start := len(trace)
	for r.peek() == '"' {
		quoted, _, err := r.str()
		if err != nil {
			return
		}
		trace = append(appendUnquoted(trace, quoted), '\n')
		r.i++ // the comma
	}
	e.Keep(trace)
	text := bytes.TrimRight(trace[start:len(trace):len(trace)], "\n")
	name, message := cutException(text[:lineEnd(text)])
	setText(e, event.ErrorType, name)
	setText(e, event.ErrorMessage, message)
	setText(e, event.ErrorStackTrace, text)
}

// lineEnd is where the first line of a text ends.
func lineEnd(text []byte) int {
	if at := bytes.IndexByte(text, '\n'); at >= 0 {
		return at
	}
	return len(text)
}

func parseLogstash(in *Input) error {
	if bytes.HasPrefix(in.Line, []byte("{:timestamp=>")) {
		return parseLogstashHash(in)
	}
	if len(in.Line) > 0 && in.Line[0] == '{' {
		if !bytes.Contains(in.Line, []byte(`"logEvent"`)) {
			return errLoggerLine
		}
		if err := parseJSON(in); err != nil {
			return err
		}
		moveBelow(in, "logEvent", "logstash.log.log_event")
		return nil
	}
	return parseLogger(in, bracketLayouts, func(in *Input, f *loggerLine) {
		c := cursor{b: f.message}
		if pipeline, ok := c.within('[', ']'); ok {
			setOwn(in.Event, "logstash.log.pipeline_id", event.String(pipeline))
			c.within('[', ']') // the plugin
		}
		c.spaces()
		f.message = c.rest()
		if bytes.HasPrefix(f.logger, []byte("slowlog.")) {
			if _, ok := c.until(":took_in_nanos=>"); ok {
				setCount(in.Event, event.EventDuration, c.digits())
			}
		}
	})
}

// parseLogstashHash reads {:timestamp=>"…", :message=>"Pipeline started", :level=>:info} of Logstash before 5.0.
func parseLogstashHash(in *Input) error {
	c := cursor{b: in.Line}
	c.until("=>")
	stamp, ok := c.quoted()
	if !ok {
		return errLoggerLine
	}
	t, ok := (&cursor{b: stamp}).time(in)
	if !ok || !c.lit(", :message=>") {
		return errLoggerLine
	}
	message, ok := c.quoted()
	if !ok {
		return errLoggerLine
	}
	e := in.Event
	e.Set(event.Timestamp, event.Time(t))
	e.Set(event.Message, event.String(unescape(e, message)))
	if at := bytes.LastIndex(in.Line, []byte(":level=>:")); at >= 0 {
		c.i = at + len(":level=>:")
		if level, ok := c.level(); ok {
			e.Set(event.LogLevel, event.String(level))
		}
	}
	return nil
}
