package bulk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/indexer/internal/bulk"
)

const dayTwo = "logs-shop-prod-2026.11.23"

// twoDays is a body of five documents of two indices.
func twoDays(t *testing.T) *bulk.Body {
	t.Helper()
	var body bulk.Body
	b := decode(t, manifest(run("logs-shop-prod-2026.11.22", 2), run(dayTwo, 1), run("logs-shop-prod-2026.11.22", 2)),
		"{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n")
	if expired := body.Add(b, time.Unix(0, 0)); expired != 0 {
		t.Fatalf("%d expired", expired)
	}
	return &body
}

// again is the text of a body made of parts.
func again(t *testing.T, parts []bulk.Part) string {
	t.Helper()
	var body bulk.Body
	for _, p := range parts {
		body.AddPart(p)
	}
	return string(text(t, &body))
}

func TestABodyIsCutByIndexAndPutTogetherAgain(t *testing.T) {
	body := twoDays(t)
	whole := string(text(t, body))
	if got := again(t, body.Parts()); got != whole {
		t.Errorf("of its parts it is\n%s, was\n%s", got, whole)
	}
	if got := body.Cut(func(index string) bool { return index == "logs-shop-prod-2026.11.24" }); got != nil || string(text(t, body)) != whole {
		t.Errorf("%v were cut out for an index of no document", got)
	}
	out := body.Cut(func(index string) bool { return index == dayTwo })
	if got := again(t, out); !strings.Contains(got, `{"n":2}`) || strings.Count(got, "\n") != 2 {
		t.Errorf("cut out\n%s", got)
	}
	rest := string(text(t, body))
	if body.Docs() != 4 || body.Index() == "" || strings.Contains(rest, `{"n":2}`) || strings.Count(rest, "\n") != 8 {
		t.Errorf("left are %d documents for %q:\n%s", body.Docs(), body.Index(), rest)
	}
}

func TestItemsComeFromTheirParts(t *testing.T) {
	body := twoDays(t)
	items := body.Items()
	for name, tc := range map[string]struct {
		pick  []int
		parts int
	}{
		"all":                        {[]int{0, 1, 2, 3, 4}, 3},
		"some of a run":              {[]int{0, 3}, 2},
		"neighbours are one":         {[]int{0, 1}, 1},
		"neighbours of two runs not": {[]int{1, 2}, 2},
		"none":                       {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var picked []bulk.Item
			for _, n := range tc.pick {
				picked = append(picked, items[n])
			}
			parts := bulk.PartsOf(picked)
			if len(parts) != tc.parts {
				t.Errorf("%d parts, want %d", len(parts), tc.parts)
			}
			if got, want := again(t, parts), string(text(t, bulk.TextOf(picked))); got != want {
				t.Errorf("text\n%s, want\n%s", got, want)
			}
		})
	}
}

func TestTheHeadOfAPartIsItsFirstDocument(t *testing.T) {
	parts := slices.Clone(twoDays(t).Parts())
	head := parts[0].Head()
	if got := again(t, []bulk.Part{head}); !strings.Contains(got, `{"n":0}`) || head.Docs() != 1 {
		t.Errorf("head of %d documents:\n%s", head.Docs(), got)
	}
	if got := again(t, parts[:1]); !strings.Contains(got, `{"n":1}`) || parts[0].Docs() != 1 {
		t.Errorf("left are %d documents:\n%s", parts[0].Docs(), got)
	}
}
