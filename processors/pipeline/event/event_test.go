package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/internal/packed"
)

func doc(t testing.TB, e *Event) map[string]any {
	t.Helper()
	out := e.Append(nil)
	if bytes.ContainsAny(out, "\n\r") {
		t.Fatalf("more than one line: %q", out)
	}
	if !utf8.Valid(out) {
		t.Fatalf("not UTF-8: %q", out)
	}
	checkKeys(t, out)
	var object map[string]any
	if err := json.Unmarshal(out, &object); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return object
}

// checkKeys fails where an object has a key twice, which encoding/json lets pass.
func checkKeys(t testing.TB, text []byte) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	var walk func()
	walk = func() {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		switch token {
		case json.Delim('{'):
			seen := map[string]bool{}
			for d.More() {
				key, err := d.Token()
				if err != nil {
					t.Fatalf("%v in %s", err, text)
				}
				if seen[key.(string)] {
					t.Fatalf("key %q is there twice in %s", key, text)
				}
				seen[key.(string)] = true
				walk()
			}
			_, _ = d.Token()
		case json.Delim('['):
			for d.More() {
				walk()
			}
			_, _ = d.Token()
		}
	}
	walk()
}

func set(e *Event, path, text string) { e.Set(e.Intern([]byte(path)), String([]byte(text))) }

func TestFieldsNestByTheirPaths(t *testing.T) {
	e := New(NewSchema())
	e.Set(HTTPResponseStatusCode, Int(200))
	e.Set(HTTPRequestMethod, Text("GET"))
	e.Set(HTTPResponseBodyBytes, Number([]byte("12345678901234567890")))
	e.Set(Timestamp, Time(time.Date(2026, 11, 22, 19, 0, 0, 5, time.UTC)))
	e.Set(Message, Text("hello"))
	e.Set(LogPartLast, Bool(true))
	set(e, "labels.a.b", "x")
	e.Tag("one")
	got := string(e.Append(nil))
	want := `{"@timestamp":"2026-11-22T19:00:00.000000005Z","message":"hello","http":{"request":{"method":"GET"},` +
		`"response":{"body":{"bytes":12345678901234567890},"status_code":200}},"labels":{"a":{"b":"x"}},` +
		`"tags":["one"],"log":{"part":{"last":true}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAnEventWithoutFieldsIsAnEmptyObject(t *testing.T) {
	if got := string(New(NewSchema()).Append(nil)); got != "{}" {
		t.Error(got)
	}
}

func TestALeafInTheWayOfAnObjectMovesToValue(t *testing.T) {
	for name, c := range map[string]struct {
		set  []string // path=value
		want string
	}{
		"a leaf with children":                {[]string{"a=1", "a.b=2"}, `{"a":{"b":"2","value":"1"}}`},
		"the children first":                  {[]string{"a.b=2", "a=1"}, `{"a":{"b":"2","value":"1"}}`},
		"value is taken":                      {[]string{"a=1", "a.value=2"}, `{"a":{"value":"2","value_2":"1"}}`},
		"value is an object":                  {[]string{"a=1", "a.value.x=2"}, `{"a":{"value":{"x":"2"},"value_2":"1"}}`},
		"conflicts at two levels":             {[]string{"a=1", "a.b=2", "a.b.c=3"}, `{"a":{"b":{"c":"3","value":"2"},"value":"1"}}`},
		"a name that only starts the same":    {[]string{"a=1", "ab.c=2", "a-b.c=3"}, `{"a":"1","a-b":{"c":"3"},"ab":{"c":"2"}}`},
		"empty segments":                      {[]string{".=1", "x..y=2", "=3"}, `{"_":{"_":"1","value":"3"},"x":{"_":{"y":"2"}}}`},
		"an object where our tags stand":      {[]string{"tags.x=1"}, `{"reported":{"tags":{"x":"1"}}}`},
		"a field among those that are hidden": {[]string{"_ingest.x=1"}, `{"reported":{"_ingest":{"x":"1"}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			e := New(NewSchema())
			for range 2 { // paths learned in the first round change nothing in the second
				e.Reset()
				for _, field := range c.set {
					path, value, _ := strings.Cut(field, "=")
					set(e, path, value)
				}
				if got := string(e.Append(nil)); got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
			}
		})
	}
}

func TestInvalidUTF8IsMendedAndTagged(t *testing.T) {
	e := New(NewSchema())
	e.Set(Message, String([]byte("a\xffb\x00\x1f\"\\\u2028é\xe2\x82")))
	e.Set(Tags, Raw([]byte(`["old"]`)))
	want := `{"message":"a` + "\uFFFD" + `b\u0000\u001f\"\\` + "\u2028é\uFFFD\uFFFD" + `","tags":["old","_invalid_utf8"]}`
	if got := string(e.Append(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTagsOfTheLineAndOursAreOneArray(t *testing.T) {
	for name, c := range map[string]struct {
		own  Value
		add  []string
		want string
	}{
		"an array":       {Raw([]byte(`["a"]`)), []string{"b", "b"}, `{"tags":["a","b"]}`},
		"an empty array": {Raw([]byte(`[]`)), []string{"b"}, `{"tags":["b"]}`},
		"one text":       {Text("a"), nil, `{"tags":["a"]}`},
		"null":           {Value{}, []string{"b"}, `{"tags":["b"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			e := New(NewSchema())
			e.Set(Tags, c.own)
			for _, tag := range c.add {
				e.Tag(tag)
			}
			if got := string(e.Append(nil)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestFixedFieldsAreInEveryEventAndGiveWayToOthersBesideThem(t *testing.T) {
	e := New(NewSchema())
	e.Fix([]Fixed{{ServiceName, Text("shop")}, {AgentType, Text("millrace")}})
	for i := range maxLearned + 100 { // past the point where the schema forgets
		e.Reset()
		set(e, fmt.Sprintf("k%d", i), "v")
		got := string(e.Append(nil))
		want := fmt.Sprintf(`{"k%d":"v","agent":{"type":"millrace"},"service":{"name":"shop"}}`, i)
		if got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
	e.Reset()
	set(e, "service.version", "7")
	if got, want := string(e.Append(nil)), `{"agent":{"type":"millrace"},"service":{"version":"7","name":"shop"}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	e.Reset()
	e.Fix([]Fixed{{ServiceName, Text("cart")}})
	if got, want := string(e.Append(nil)), `{"service":{"name":"cart"}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if e.Has(AgentType) {
		t.Error("a field that is no longer fixed is still there")
	}
}

func TestALineCannotSetWhatMillraceDecides(t *testing.T) {
	e := New(NewSchema())
	for _, path := range []string{"service.name", "agent.id", "host.name", "reported.x", "labels.y"} {
		e.Set(e.InternForeign([]byte(path)), Text("line"))
	}
	want := map[string]any{
		"reported": map[string]any{
			"service": map[string]any{"name": "line"}, "agent": map[string]any{"id": "line"},
			"host": map[string]any{"name": "line"}, "x": "line",
		},
		"labels": map[string]any{"y": "line"},
	}
	if got := doc(t, e); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestPathsDeeperThanTheBoundKeepTheirRestInOneSegment(t *testing.T) {
	e := New(NewSchema())
	set(e, strings.Repeat("a.", 40)+"z", "v")
	depth, at := 0, any(doc(t, e))
	for {
		object, ok := at.(map[string]any)
		if !ok {
			break
		}
		for _, at = range object {
		}
		depth++
	}
	if depth != MaxDepth || at != "v" {
		t.Errorf("%d levels with %v", depth, at)
	}
}

// TestDocumentsAgreeWithASimpleModel sets random fields and compares with nested maps.
func TestDocumentsAgreeWithASimpleModel(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	t.Log("seed", seed)
	e := New(NewSchema())
	e.Fix([]Fixed{{ServiceName, Text("shop")}})
	letters := []string{"a", "b", "c", "service", "log", "level", "tags2", "ä"}
	for range 3000 {
		e.Reset()
		flat := map[string]string{"service.name": "shop"}
		for range random.IntN(12) {
			parts := make([]string, 1+random.IntN(4))
			for i := range parts {
				parts[i] = letters[random.IntN(len(letters))]
			}
			// Leaves end in a letter that no object is called, so that nothing is in the way of anything.
			path, value := strings.Join(append(parts, "leaf"), "."), fmt.Sprint(random.IntN(1000))
			set(e, path, value)
			flat[path] = value
			if random.IntN(5) == 0 {
				e.Remove(e.Lookup(path))
				delete(flat, path)
			}
		}
		want := map[string]any{}
		for path, value := range flat {
			at, parts := want, strings.Split(path, ".")
			for _, part := range parts[:len(parts)-1] {
				if at[part] == nil {
					at[part] = map[string]any{}
				}
				at = at[part].(map[string]any)
			}
			at[parts[len(parts)-1]] = value
		}
		if got := doc(t, e); !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	}
}

func TestTheOrderOfFieldsDependsOnTheEventAlone(t *testing.T) {
	paths := []string{"z", "m.x", "m.a.b", "b", "http.zzz", "k"}
	first, second := New(NewSchema()), New(NewSchema())
	for i := range paths {
		set(second, paths[len(paths)-1-i], "x")
	}
	second.Reset()
	for i := range paths {
		set(first, paths[i], "x")
		set(second, paths[i], "x")
	}
	if a, b := string(first.Append(nil)), string(second.Append(nil)); a != b {
		t.Errorf("%s\n%s", a, b)
	}
}

func TestAValueReadsAsWhatItIs(t *testing.T) {
	for name, c := range map[string]struct {
		value Value
		any   any
		text  string
		json  string
	}{
		"text":           {Text(`a"b`), `a"b`, `a"b`, `"a\"b"`},
		"quoted text":    {Quoted([]byte(`"a\"b"`)), `a"b`, `a"b`, `"a\"b"`},
		"a number":       {Number([]byte("-12")), -12, "-12", "-12"},
		"a large number": {Number([]byte("123456789012345678901")), 123456789012345678901.0, "123456789012345678901", "123456789012345678901"},
		"a float":        {Float(0.5), 0.5, "0.5", "0.5"},
		"not a number":   {Float(math.NaN()), "NaN", "NaN", `"NaN"`},
		"an integer":     {Int(-7), -7, "-7", "-7"},
		"true":           {Bool(true), true, "true", "true"},
		"null":           {Value{}, nil, "", "null"},
		"an array":       {Raw([]byte(`[1,"a"]`)), []any{1.0, "a"}, `[1,"a"]`, `[1,"a"]`},
		"an instant":     {Time(time.Unix(0, 1e6)), "1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00.001Z", `"1970-01-01T00:00:00.001Z"`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.value.Any(); !reflect.DeepEqual(got, c.any) {
				t.Errorf("Any %v", got)
			}
			if got := string(c.value.Text()); got != c.text {
				t.Errorf("Text %s", got)
			}
			if got, _ := c.value.Append(nil); string(got) != c.json {
				t.Errorf("JSON %s", got)
			}
		})
	}
}

func TestTimesAreWrittenAsPackageTimeWritesThem(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for range 20000 {
		sec := random.Int64N(253402300799+62167219200) - 62167219200
		for _, c := range []struct {
			nano   int32
			layout string
		}{
			{random.Int32N(1000) * 1_000_000, "2006-01-02T15:04:05.000Z"},
			{random.Int32N(1000)*1000_000 + 5000, "2006-01-02T15:04:05.000000Z"},
			{random.Int32N(1_000_000)*1000 + 1 + random.Int32N(999), "2006-01-02T15:04:05.000000000Z"},
		} {
			want := time.Unix(sec, int64(c.nano)).UTC().Format(c.layout)
			if got := string(AppendTime(nil, sec, c.nano)); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	}
	for _, sec := range []int64{math.MinInt64, math.MaxInt64, -62167219201, 253402300800} {
		if got := string(AppendTime(nil, sec, 0)); got != "9999-12-31T23:59:59.999999999Z" {
			t.Errorf("%d gives %s", sec, got)
		}
	}
}

func FuzzStringsAreValidJSONThatReadsBackTheSame(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00\x1f\x7f\"\\/", "12345678\"1234567", "é\xff𝄞\xed\xa0\x80", "\u2028"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out, valid := AppendString(nil, text)
		if valid != utf8.Valid(text) {
			t.Fatalf("valid is %t for %q", valid, text)
		}
		var back string
		if err := json.Unmarshal(out, &back); err != nil {
			t.Fatal(err)
		}
		if want := string([]rune(string(text))); back != want {
			t.Fatalf("got %q, want %q", back, want)
		}
	})
}

func FuzzAnyPathsGiveOneValidObject(f *testing.F) {
	f.Add("a\na.b\na.value\n.\n\xff.x\ntags\ntags.x\nerror\nerror.message")
	f.Fuzz(func(t *testing.T, paths string) {
		e := New(NewSchema())
		for range 2 {
			e.Reset()
			for _, path := range strings.Split(paths, "\n") {
				e.Set(e.InternForeign([]byte(path)), Text("v"))
			}
			e.Tag("t")
			doc(t, e)
		}
	})
}

func TestADocumentIsPackedWithItsOwnNamesAfterTheSchemaForgot(t *testing.T) {
	e, w := New(NewSchema()), packed.NewWriter()
	var want []byte
	for round := range 3 {
		e.Reset()
		for i := range 5 {
			e.Set(e.Intern(fmt.Appendf(nil, "name_%d_%d", round, i)), Int(1_000_000_000))
		}
		want = append(want, pack(t, e, w)...)
		for i := range maxLearned + 100 { // past the point where the schema forgets
			e.Intern(fmt.Appendf(nil, "other_%d_%d", round, i))
		}
	}
	if got := unpack(t, w.Finish()); !bytes.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
