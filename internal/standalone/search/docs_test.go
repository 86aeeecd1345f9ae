package search

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/query"
)

// example is a row of the table in docs/search.md: a query text and the numbers of the events that it finds.
type example struct{ text, finds string }

// documented reads the events and examples of docs/search.md.
func documented(t *testing.T) (events []string, examples []example) {
	t.Helper()
	b, err := os.ReadFile("../../../docs/search.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "## What to write into the search box")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		switch cells := strings.Split(line, " | "); {
		case strings.HasPrefix(line, "{"):
			events = append(events, line)
		case strings.HasPrefix(line, "| `") && len(cells) == 3:
			examples = append(examples, example{strings.Trim(cells[0], "|` "), cells[1]})
		}
	}
	if len(events) != 4 || len(examples) < 25 {
		t.Fatalf("the document has %d events and %d examples", len(events), len(examples))
	}
	return events, examples
}

func TestEveryExampleOfTheDocumentIsTrue(t *testing.T) {
	events, examples := documented(t)
	r := newRig(t, Options{})
	for i, source := range events {
		r.load([]entry{{compared, eventID(i + 1), source}})
	}
	for _, e := range examples {
		t.Run(e.text, func(t *testing.T) {
			n, err := query.Parse(e.text)
			if e.finds == "refused" {
				if err == nil {
					t.Error("it is taken")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var shown []string
			for i, source := range events {
				if query.Match(n, flatDoc(t, &modelDoc{source: source})) {
					shown = append(shown, fmt.Sprint(i+1))
				}
			}
			var found []string
			res := r.found(compared, obj{"query": query.ToDSL(n), "sort": []obj{{"@timestamp": "asc"}}})
			for _, h := range res.Hits.Hits {
				found = append(found, strings.TrimLeft(h.ID, "0"))
			}
			want := strings.ReplaceAll(e.finds, "none", "")
			if got := strings.Join(found, ", "); got != want {
				t.Errorf("it finds %s, and is said to find %s", got, e.finds)
			}
			if got := strings.Join(shown, ", "); got != want {
				t.Errorf("the live tail shows %s, and is said to show %s", got, e.finds)
			}
		})
	}
}
