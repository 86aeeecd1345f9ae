package step

import (
	"fmt"
	"slices"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/grok"
)

func redactSpec() Spec {
	return Spec{
		Name: "redact",
		Summary: "Puts <NAME> in the place of what patterns of grok find: %{EMAILADDRESS:EMAIL} becomes <EMAIL>. Where two overlap the longer " +
			"counts.",
		Example: `{"redact": {"field": "message", "patterns": ["%{EMAILADDRESS:EMAIL}", "%{IP:CLIENT}"]}}`,
		Options: []Option{
			fieldOption("the text"),
			{Name: "patterns", Type: TypeTexts, Required: true, Summary: "patterns, each with a name"},
			{Name: "pattern_definitions", Type: TypeObject, Summary: "names of one's own, with their patterns"},
			{Name: "prefix", Type: TypeText, Default: "<", Summary: "what stands before a name"},
			{Name: "suffix", Type: TypeText, Default: ">", Summary: "what stands behind it"},
			{Name: "trace_redact", Type: TypeBool, Default: false, Summary: "write true to _ingest._redact._is_redacted where something was replaced"},
			{Name: "skip_if_unlicensed", Type: TypeBool, Default: false, Summary: "taken for Elastic's sake; it means nothing here"},
			ignoreMissingOption(true),
		},
		compile: func(b *Build) Step {
			s := &redactStep{
				field: b.Field("field"), target: b.Target("field"), prefix: b.Text("prefix"), suffix: b.Text("suffix"),
				ignoreMissing: b.Bool("ignore_missing"), trace: event.None,
			}
			if b.Bool("trace_redact") {
				s.trace = b.Schema.InternHidden("_ingest._redact._is_redacted")
			}
			definitions := patternDefinitions(b)
			for i, text := range b.Texts("patterns") {
				option := fmt.Sprintf("patterns[%d]", i)
				p, err := grok.Compile(text, definitions)
				if err != nil {
					b.Problem(option, "%s", err)
					continue
				}
				if len(p.Captures()) == 0 {
					b.Problem(option, "names nothing to redact; write %%{NAME:LABEL}")
				}
				s.patterns = append(s.patterns, p)
			}
			return s
		},
	}
}

type redactStep struct {
	field, target, trace event.ID
	patterns             []*grok.Pattern
	prefix, suffix       string
	ignoreMissing        bool
}

// secret is a part of a text to hide.
type secret struct {
	start, end int
	name       string
}

func (s *redactStep) Run(c *Context) error {
	text, err := c.text(s.field)
	if err != nil {
		if missing(err, s.ignoreMissing) {
			return nil
		}
		return err
	}
	var secrets []secret
	for _, p := range s.patterns {
		if err := c.spend(len(text) * regexpCost); err != nil {
			return err
		}
		p.All(text, func(_, _ int, spans []int) {
			for _, capture := range p.Captures() {
				for _, g := range capture.Groups {
					if spans[2*g] >= 0 && spans[2*g+1] > spans[2*g] {
						secrets = append(secrets, secret{spans[2*g], spans[2*g+1], capture.Name})
					}
				}
			}
		})
	}
	if len(secrets) == 0 {
		return nil
	}
	if len(secrets) > maxItems {
		return errItems
	}
	hidden := s.hide(c, text, merge(secrets))
	if len(hidden) > 2*maxRendered {
		return errTooMuch
	}
	c.Event.Set(s.target, event.String(hidden))
	if s.trace != event.None {
		c.Event.Set(s.trace, event.Bool(true))
	}
	return nil
}

// merge makes one of secrets that overlap, under the name of the longest.
func merge(secrets []secret) []secret {
	slices.SortStableFunc(secrets, func(a, b secret) int { return a.start - b.start })
	out := secrets[:1]
	longest := secrets[0].end - secrets[0].start
	for _, next := range secrets[1:] {
		last := &out[len(out)-1]
		if next.start >= last.end {
			out, longest = append(out, next), next.end-next.start
			continue
		}
		if size := next.end - next.start; size > longest {
			last.name, longest = next.name, size
		}
		last.end = max(last.end, next.end)
	}
	return out
}

func (s *redactStep) hide(c *Context, text []byte, secrets []secret) []byte {
	return c.keep(func(dst []byte) []byte {
		at := 0
		for _, x := range secrets {
			dst = append(dst, text[at:x.start]...)
			dst = append(append(append(dst, s.prefix...), x.name...), s.suffix...)
			at = x.end
		}
		return append(dst, text[at:]...)
	})
}
