package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func elasticSpecs() []Spec {
	return []Spec{
		{
			Name:    "elasticsearch",
			Summary: "The server, deprecation and slow logs of Elasticsearch and OpenSearch: text, and JSON of 7 and 8.",
			Example: `[2026-11-22T19:00:00,123][INFO ][o.e.c.m.MetadataCreateIndexService] [node-1] [shop] creating index`,
			Fields:  append([]string{"elasticsearch.node.name", "elasticsearch.cluster.name", "elasticsearch.index.name"}, loggerFields...),
			Parse:   parseElasticsearch,
		},
		{
			Name:    "logstash",
			Summary: "The log of Logstash: text, and JSON.",
			Example: `[2026-11-22T19:00:00,123][INFO ][logstash.agent           ][main] Pipelines running {:count=>1}`,
			Fields:  append([]string{"logstash.log.pipeline_id"}, loggerFields...),
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

func parseElasticsearch(in *Input) error {
	if len(in.Line) > 0 && in.Line[0] == '{' {
		if !bytes.Contains(in.Line, []byte(`"cluster.name"`)) && !bytes.Contains(in.Line, []byte(`"elasticsearch.`)) {
			return errLoggerLine
		}
		if err := parseJSON(in); err != nil {
			return err
		}
		renameAll(in.Event, elasticKeys)
		return nil
	}
	return parseLogger(in, bracketLayouts, func(in *Input, f *loggerLine) {
		c := cursor{b: f.message}
		c.spaces()
		f.message = c.rest()
		node, ok := c.within('[', ']')
		if !ok || !c.lit(" ") && c.peek() != '[' || string(node) == "gc" {
			return
		}
		if len(node) > 0 {
			setOwn(in.Event, "elasticsearch.node.name", event.String(node))
		}
		c.spaces()
		f.message = c.rest()
		const idLength = 22
		if index, ok := c.within('[', ']'); ok && c.lit(" ") {
			name, id, _ := bytes.Cut(index, []byte("/"))
			if bytes.Contains(f.logger, []byte("Meta")) || len(id) == idLength {
				setOwn(in.Event, "elasticsearch.index.name", event.String(name))
				f.message = c.rest()
			}
			if len(id) > 0 {
				setOwn(in.Event, "elasticsearch.index.id", event.String(id))
			}
		}
	})
}

func parseLogstash(in *Input) error {
	if len(in.Line) > 0 && in.Line[0] == '{' {
		if !bytes.Contains(in.Line, []byte(`"logEvent"`)) {
			return errLoggerLine
		}
		return parseJSON(in)
	}
	return parseLogger(in, bracketLayouts, func(in *Input, f *loggerLine) {
		c := cursor{b: f.message}
		if pipeline, ok := c.within('[', ']'); ok {
			setOwn(in.Event, "logstash.log.pipeline_id", event.String(pipeline))
			c.within('[', ']') // the plugin
		}
		c.spaces()
		f.message = c.rest()
	})
}
