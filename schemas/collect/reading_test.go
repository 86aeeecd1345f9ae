package collect

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

const withReading = `{"app":"shop","paths":["/a"],"start":"7d","multiline":{"mode":"start","pattern":"^\\d{4}-"},"charset":"Latin-1",
	"max_line_bytes":65536,"limits":{"lines_per_second":500},"ignore_older":"1d12h","gzip":true}`

func TestParseReadsHowFilesAreRead(t *testing.T) {
	c := mustParse(t, "x", withReading)
	want := Reading{
		Multiline: &Multiline{Mode: ModeStart, Pattern: `^\d{4}-`, Timeout: DefaultTimeout, MaxBytes: DefaultMaxBytes, MaxLines: DefaultMaxLines},
		Charset:   "iso-8859-1", MaxLineBytes: 65536, Limits: &Limits{LinesPerSecond: 500, Burst: DefaultBurst},
		IgnoreOlder: Duration(36 * time.Hour), Gzip: true,
	}
	if !reflect.DeepEqual(c.Reading, want) {
		t.Errorf("got\n%+v\nwant\n%+v", c.Reading, want)
	}
	if age, ok := c.Start.Age(); !ok || age != Duration(7*24*time.Hour) || c.Start != "168h" {
		t.Errorf("start %q is %s", c.Start, age)
	}
	if _, ok := Beginning.Age(); ok {
		t.Error("the beginning has an age")
	}
	preset := mustParse(t, "x", `{"app":"a","paths":["/a"],"multiline":"java"}`).Multiline
	if want := (Multiline{Preset: "java", Timeout: DefaultTimeout, MaxBytes: DefaultMaxBytes, MaxLines: DefaultMaxLines}); *preset != want {
		t.Errorf("preset %+v", preset)
	}
}

func TestAgentsLearnHowFilesAreRead(t *testing.T) {
	c := mustParse(t, "x", withReading)
	rev, err := c.Revision()
	if err != nil {
		t.Fatal(err)
	}
	if v := c.ForAgents(rev); !reflect.DeepEqual(v.Reading, c.Reading) {
		t.Errorf("got %+v", v.Reading)
	}
}

// TestDefaultsOfReadingAreNotWritten: what a key would be by itself must not change the
// revision of a collection, or every old one would be another collection after an upgrade.
func TestDefaultsOfReadingAreNotWritten(t *testing.T) {
	canonical := func(config string) string {
		b, err := mustParse(t, "x", config).Canonical()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	plain := canonical(`{"app":"a","paths":["/a"]}`)
	for _, key := range []string{"multiline", "container", "charset", "max_line_bytes", "limits", "ignore_older", "gzip"} {
		if strings.Contains(plain, key) {
			t.Errorf("%s is written though it is not set: %s", key, plain)
		}
	}
	if got := canonical(`{"app":"a","paths":["/a"],"max_line_bytes":245760,"ignore_older":"0s","gzip":false,"charset":""}`); got != plain {
		t.Errorf("defaults are written: %s", got)
	}
	short, long := canonical(`{"app":"a","paths":["/a"],"multiline":"go"}`),
		canonical(`{"app":"a","paths":["/a"],"multiline":{"preset":"go","timeout":"5000ms","max_lines":500,"max_bytes":131072,"negate":false}}`)
	if short != long {
		t.Errorf("two ways to write one thing:\n%s\n%s", short, long)
	}
}

func TestParseNamesEveryProblemOfReading(t *testing.T) {
	cases := []struct {
		name, config string
		want         []string
	}{
		{"unknown keys", `"multiline":{"match":"after"},"limits":{"lines":1}`, []string{
			"limits.lines: unknown key; the keys are", "multiline.match: unknown key",
			"multiline.mode: is missing", "multiline.pattern: is missing", "limits: must have lines_per_second or bytes_per_second",
		}},
		{"an unknown preset", `"multiline":"cobol"`, []string{`multiline.preset: must be one of java, python, go, not "cobol"`}},
		{"a preset and a pattern", `"multiline":{"preset":"java","pattern":"x"}`, []string{"multiline.preset: stands beside"}},
		{"no pattern", `"multiline":{"mode":"end","pattern":"("}`, []string{"multiline.pattern: is not a usable pattern: error parsing regexp: missing closing"}},
		{"a pattern that costs too much", `"multiline":{"mode":"end","pattern":"(abcdef){1000}"}`, []string{"multiline.pattern: is not a usable pattern"}},
		{"a mode of others", `"multiline":{"mode":"after","pattern":"x"}`, []string{`multiline.mode: must be "start", "continuation" or "end"`}},
		{"out of bounds", `"multiline":{"mode":"end","pattern":"x","timeout":"1h","max_bytes":1,"max_lines":1001},"max_line_bytes":1025,"limits":{"lines_per_second":-1,"burst":"2h"}`, []string{
			"multiline.timeout: must be at most 10m", "multiline.max_bytes: must be 1024 to 196608", "multiline.max_lines: must be 2 to 1000",
			"max_line_bytes: must be even", "limits.lines_per_second: must be 0 to", "limits.burst: must be at most 1h",
		}},
		{"wrong types", `"multiline":7,"container":"podman","charset":"ebcdic","gzip":"yes","ignore_older":"soon","limits":[]`, []string{
			"gzip: must be true or false", "ignore_older: must be a time such as", "limits: must be a JSON object", "multiline: must be a JSON object",
			"container: must be", "charset: must be one of utf-8, utf-16,",
		}},
		{"a container in another charset", `"container":"cri","charset":"utf-16"`, []string{"charset: must be utf-8 where container is set"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, problems := Parse("x", []byte(`{"app":"a","paths":["/a"],`+c.config+`}`))
			if len(problems) != len(c.want) {
				t.Fatalf("got %d problems, want %d: %v", len(problems), len(c.want), problems)
			}
			for i, p := range problems {
				if !strings.HasPrefix(p.String(), c.want[i]) {
					t.Errorf("problem %d is %q, want %q…", i, p, c.want[i])
				}
			}
		})
	}
}

func TestDurationsAreWrittenShort(t *testing.T) {
	for text, want := range map[string]string{"5s": "5s", "90s": "1m30s", "60m": "1h", "7d": "168h", "1d12h": "36h", "1500ms": "1.5s", "0s": "0s", "1h30m": "1h30m"} {
		d, err := ParseDuration(text)
		if err != nil || d.String() != want {
			t.Errorf("%s is written %s, error %v", text, d, err)
		}
		if again, err := ParseDuration(d.String()); err != nil || again != d {
			t.Errorf("%s is read as %s", d, again)
		}
	}
	for _, bad := range []string{"", "d", "5", "-5s", "99999999999d", "1d-30h", "100000d2000000h", "5s1d"} {
		if d, err := ParseDuration(bad); !errors.Is(err, ErrDuration) {
			t.Errorf("%q is %s, error %v", bad, d, err)
		}
	}
}
