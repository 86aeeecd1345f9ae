package format

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestLinesOfJSONAreReadAlikeWhateverCameBefore mixes programs that write other fields in other orders, until the schema forgets.
func TestLinesOfJSONAreReadAlikeWhateverCameBefore(t *testing.T) {
	keys := []string{"a", "b", "a.b", "", "time", "level", "service.name", strings.Repeat("long", 40), "é", `\u0061`}
	r := rand.New(rand.NewPCG(1, 2))
	reused := newParser(t, "json")
	for i := range 6000 {
		var fields []string
		for n := range r.IntN(6) {
			key := keys[(i/3+n)%len(keys)]
			if r.IntN(4) == 0 {
				key = fmt.Sprintf("%s%d", key, r.IntN(5000))
			}
			fields = append(fields, `"`+key+`":`+fmt.Sprint(r.IntN(3)))
		}
		line := fmt.Sprintf(`{"first":{%s},"last":[%d]}`, strings.Join(fields, ","), i)
		got, err := reused.parse(line)
		want, wanted := newParser(t, "json").parse(line)
		if got != want || fmt.Sprint(err) != fmt.Sprint(wanted) {
			t.Fatalf("%s\ngot  %s, %v\nwant %s, %v", line, got, err, want, wanted)
		}
	}
	if reused.in.Event.Generation() < 2 {
		t.Error("the schema has forgotten nothing")
	}
}
