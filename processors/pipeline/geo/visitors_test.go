package geo

import (
	"math/rand/v2"
	"testing"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// BenchmarkVisitors asks for a thousand addresses at a time, each twenty times among the others, as the lines of a busy site
// do, and sets what is known of them. A twentieth of them is new.
func BenchmarkVisitors(b *testing.B) {
	const visitors, requests = 1000, 20
	set := NewSet([]string{"a.mmdb", "b.mmdb"}, []*DB{randomDB(b, 6, 24), randomDB(b, 6, 28)})
	texts := make([][]byte, 1<<18)
	at := make([][]byte, visitors)
	for i := range texts {
		who := rand.IntN(visitors)
		if at[who] == nil || rand.IntN(requests) == 0 {
			at[who] = []byte(addr4(rand.Uint32()).String())
		}
		texts[i] = at[who]
	}
	e := event.New(event.NewSchema())
	targets := make([]event.ID, NumFields)
	for f := range targets {
		targets[f] = e.InternText("source.geo." + Fields[f])
	}
	var c Cache
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		e.Reset()
		answer, _ := c.Lookup(set, "", texts[i%len(texts)])
		answer.Set(e, targets)
	}
}
