package pipeline

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestADocumentThatIsTooLargeKeepsAsMuchAsFits(t *testing.T) {
	for name, c := range map[string]struct {
		steps, line string
		tags        []string
		whole       bool // message is the line
	}{
		"text of the largest record":        {`[]`, strings.Repeat("x", 256<<10), nil, true},
		"the same, and it failed":           {`[{"format":"json"}]`, strings.Repeat("x", 256<<10), []string{"_format_failure"}, true},
		"copies of the line":                {`[{"set":{"field":"a","copy_from":"message"}}]`, strings.Repeat("x", 256<<10), []string{tagTooLarge}, true},
		"control characters":                {`[]`, strings.Repeat("\x01", 256<<10), []string{tagTooLarge, tagCut}, false},
		"control characters, and it failed": {`[{"format":"json"}]`, strings.Repeat("\x01", 256<<10), []string{tagTooLarge, tagCut}, false},
		"letters of three bytes, 1 MiB":     {`[]`, strings.Repeat("€", 1<<20/3), []string{tagTooLarge, tagCut}, false},
	} {
		t.Run(name, func(t *testing.T) {
			in := benchInput(c.line)
			out, result := mustCompile(t, c.steps).NewRunner().Run([]byte("#"), in)
			if len(out)-1 > MaxDocument || result.Outcome != Index || result.Failed != (c.tags != nil) {
				t.Fatalf("%d bytes, %+v", len(out)-1, result)
			}
			var doc struct {
				Message string
				Tags    []string
				Host    struct{ Name string }
			}
			if err := json.Unmarshal(out[1:], &doc); err != nil {
				t.Fatal(err)
			}
			if strings.Join(doc.Tags, " ") != strings.Join(c.tags, " ") || doc.Host.Name != in.Host {
				t.Errorf("tags %v of host %q", doc.Tags, doc.Host.Name)
			}
			if c.whole != (doc.Message == c.line) || !strings.HasPrefix(c.line, doc.Message) || len(doc.Message) < cutMessage-utf8.UTFMax {
				t.Errorf("a message of %d bytes", len(doc.Message))
			}
		})
	}
}

func TestTextIsCutBetweenCharacters(t *testing.T) {
	for text, want := range map[string]string{"abc": "abc", "abcd": "abc", "ab€": "ab", "€€": "€", "\x80\x80\x80\x80\x80": "\x80\x80\x80"} {
		if got := cutText([]byte(text), 3); !bytes.Equal(got, []byte(want)) {
			t.Errorf("%q is cut to %q", text, got)
		}
	}
}
