package suggest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/processors/pipeline"
)

var at = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// shopLines are 300 lines of three kinds behind one head.
func shopLines() (lines []string) {
	levels := []string{"INFO ", "WARN ", "DEBUG"}
	for i := range 300 {
		when := at.Add(time.Duration(i) * time.Second).Format("2006-01-02 15:04:05,000")
		head := fmt.Sprintf("%s %s [worker-%d] shop.Orders - ", when, levels[i%3], i%7)
		switch i % 3 {
		case 0:
			lines = append(lines, head+fmt.Sprintf("order %d paid by user=u%d in %dms", 1000+i, i%11, i%90))
		case 1:
			lines = append(lines, head+fmt.Sprintf("connection from 10.0.%d.%d refused", i%5, i%250))
		default:
			lines = append(lines, head+"cache is warm")
		}
	}
	return lines
}

func TestTheHeadOfTheLinesBecomesAPipelineThatParsesThem(t *testing.T) {
	lines := shopLines()
	s := Study(lines, at)
	p, problems := pipeline.Compile(dissectAndDate(t, s.Steps), "pipeline")
	if len(problems) > 0 {
		t.Fatalf("%s: %v", s.Steps, problems)
	}
	r := p.NewRunner()
	for i, line := range lines {
		doc, result := r.Run(nil, &pipeline.Input{Message: []byte(line), At: at.Add(time.Hour)})
		if result.Failed {
			t.Fatalf("%q: %s\n%s", line, result.Cause, s.Steps)
		}
		if want := at.Add(time.Duration(i) * time.Second); !result.Time.Equal(want) {
			t.Fatalf("%q: time %v, not %v", line, result.Time, want)
		}
		for _, want := range []string{`"level":"`, `"name":"worker-`, `"logger":"shop.Orders"`} {
			if !strings.Contains(string(doc), want) && want != `"logger":"shop.Orders"` {
				t.Fatalf("%s is not in %s", want, doc)
			}
		}
	}
}

// dissectAndDate are the steps that parse; the others only tidy up.
func dissectAndDate(t *testing.T, steps json.RawMessage) json.RawMessage {
	t.Helper()
	var all []map[string]json.RawMessage
	if err := json.Unmarshal(steps, &all); err != nil {
		t.Fatalf("%s: %v", steps, err)
	}
	raw, err := json.Marshal(slices.DeleteFunc(all, func(s map[string]json.RawMessage) bool { return s["remove"] != nil }))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestTemplatesNameWhatVaries(t *testing.T) {
	s := Study(shopLines(), at)
	var got []string
	for _, template := range s.Templates {
		got = append(got, fmt.Sprintf("%d %s", template.Count, template.Pattern))
	}
	want := []string{
		"100 order %{order} paid by user=%{user.name} in %{duration}",
		"100 connection from %{source.ip} refused",
		"100 cache is warm",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestHeadsOfManyKinds(t *testing.T) {
	for name, test := range map[string]struct{ line, want string }{
		"ISO time and level":     {"2026-11-22T10:00:%02dZ INFO started part %d", "%{timestamp} %{log.level} %{message}"},
		"brackets and commas":    {"[22/Nov/2026:10:00:%02d +0000] ERROR: part %d", "[%{timestamp} %{+timestamp}] %{log.level}: %{message}"},
		"seconds since 1970":     {"17637984%02d warn disk %d is full", "%{timestamp} %{log.level} %{message}"},
		"the time of syslog":     {"Nov 22 10:00:%02d host1 app: part %d", "%{timestamp} %{+timestamp} %{+timestamp} host1 app: %{message}"},
		"nothing that is common": {"part %d of %d", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var lines []string
			for i := range 50 {
				lines = append(lines, fmt.Sprintf(test.line, i, i*i))
			}
			var steps []struct{ Dissect struct{ Pattern string } }
			if s := Study(lines, at); len(s.Steps) > 0 {
				if err := json.Unmarshal(s.Steps, &steps); err != nil {
					t.Fatal(err)
				}
			}
			got := ""
			if len(steps) > 0 {
				got = steps[0].Dissect.Pattern
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzStudy(f *testing.F) {
	f.Add(strings.Join(shopLines()[:9], "\n"))
	f.Add("a\n\n%{ %{x} =\n[ ] = =\n\xff user= =x (\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		s := Study(lines, at)
		count := s.Others
		for _, template := range s.Templates {
			count += template.Count
		}
		if count != s.Lines {
			t.Errorf("%d lines, %d accounted for", s.Lines, count)
		}
	})
}
