package step

import "github.com/millrace/millrace/processors/pipeline/event"

func regexSpec() Spec {
	return Spec{
		Name:    "regex",
		Summary: "Takes fields out of a text by a regular expression (RE2) with named groups, whose names may have dots.",
		Example: `{"regex": {"pattern": "took (?<labels.took>[0-9]+) ms"}}`,
		Options: []Option{
			{Name: "field", Type: TypeField, Default: "message", Summary: "the text"},
			{Name: "pattern", Type: TypeText, Required: true, Summary: "the expression; (?<name>…) is a field"},
			ignoreMissingOption(false),
		},
		compile: func(b *Build) Step {
			s := &grokStep{field: b.Field("field"), ignoreMissing: b.Bool("ignore_missing"), trace: event.None}
			if text := b.Text("pattern"); text != "" {
				s.add(b, "pattern", text, nil)
				if len(s.patterns) == 1 && len(s.patterns[0].targets) == 0 {
					b.Problem("pattern", "has no group such as (?<name>…), so it would set nothing")
				}
			}
			return s
		},
	}
}
