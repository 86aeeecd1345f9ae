package enrich_test

import (
	"testing"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/enrich"
	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

// Whatever a record holds, the step neither panics nor forgets it.
func FuzzStep(f *testing.F) {
	rev, get := knows(f, shop)
	good := rawRecord("web-1", 1, rev, "a\nb\n")
	f.Add("web-1", good.Headers[0].Value, good.Value, []byte(nil))
	f.Add("web-1", good.Headers[0].Value, good.Value, hosts.Append(nil, &hosts.State{LastSeen: readAt}))
	f.Add("\xff", []byte{0, 0, 0, 1, 1}, []byte("x"), []byte{1})
	spec := enrich.Spec(1, get, nil)
	f.Fuzz(func(t *testing.T, key string, header, value, stored []byte) {
		r := processors.Record{Topic: topic.Raw, Key: key, Value: value}.WithHeaders(processors.Header{Key: record.Header, Value: header})
		var held any
		if len(stored) > 0 {
			held = stored
		}
		out := processors.Try(t.Context(), spec, r, held)
		for _, l := range out.Letters {
			if l.Reason == processors.ReasonPanic || l.Reason == processors.ReasonTable {
				t.Fatalf("%s: %s", l.Reason, l.Headers)
			}
		}
		if !out.Set && (len(out.Letters) != 1 || len(out.Emits) > 0) {
			t.Fatalf("neither refused nor counted: %+v", out)
		}
	})
}
