package collect

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/schemas/index"
	"github.com/millrace/millrace/schemas/revision"
)

const shop = `{"app":"shop","env":"prod","select":{"hosts":["*"],"labels":{}},"paths":["/var/log/shop/access.log*"],"exclude":["*.gz"],
	"start":"beginning","pipeline":[{"format":"nginx.access"}]}`

func mustParse(t *testing.T, name, config string) *Collection {
	t.Helper()
	c, problems := Parse(name, []byte(config))
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	return c
}

func TestParseFillsInTheDefaults(t *testing.T) {
	got := mustParse(t, "shop-access", `{"app":"shop","paths":["/var/log/a.log"]}`)
	want := &Collection{
		Name: "shop-access", App: "shop", Env: "prod", Select: Select{Hosts: []string{"*"}, Labels: map[string]string{}},
		Paths: []string{"/var/log/a.log"}, Start: Beginning, Period: index.Day, Retention: 7, Timezone: "UTC", Pipeline: json.RawMessage("[]"),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestParseNamesEveryProblemByItsPath(t *testing.T) {
	cases := []struct {
		name, config string
		want         []string // "path: beginning of the message"
	}{
		{"not an object", `[]`, []string{": must be a JSON object"}},
		{"no JSON", `{"app":`, []string{": is not JSON"}},
		{"two objects", `{"app":"a","paths":["/a"]} {}`, []string{": something follows"}},
		{"nothing in it", `{}`, []string{"app: is missing", "paths: is missing"}},
		{"unknown keys", `{"app":"a","path":["/a"],"select":{"host":[]}}`, []string{
			"path: unknown key (did you mean paths?)", "select.host: unknown key (did you mean hosts?)", "paths: is missing",
		}},
		{"a key twice", `{"app":"a","app":"b","paths":["/a"]}`, []string{"app: stands twice"}},
		{"wrong types", `{"app":1,"paths":["/a",2],"priority":"x","select":{"labels":{"a":1}},"pipeline":[1],"keep_original":0,"start":null}`, []string{
			"app: must be a string, not 1", "keep_original: must be true or false", "paths[1]: must be a string", "pipeline[0]: must be a JSON object",
			"priority: must be a whole number", "select.labels.a: must be a string", "start: must be a string, not null", "app: is missing",
			"paths[1]: must be an absolute path", "select.labels.a: is not a valid glob",
		}},
		{"bad names", `{"name":"y","app":"Shop","env":"pre-prod","paths":["/a"]}`, []string{"name: is \"y\"", "app: app must be", "env: env must be"}},
		{"bad globs", `{"app":"a","paths":["a.log","/a/../b","/a/[b"],"exclude":["["],"select":{"hosts":["[",""]}}`, []string{
			"paths[0]: must be an absolute path", "paths[1]: must be a clean path: write \"/b\"", "paths[2]: is not a valid glob",
			"exclude[0]: is not a valid glob", "select.hosts[0]: is not a valid glob", "select.hosts[1]: is not a valid glob",
		}},
		{"bad choices", `{"app":"a","paths":["/a"],"start":"middle","period":"hour","retention_days":-1,"timezone":"Mars/Base"}`, []string{
			"start: must be", "period: must be", "retention_days: must be", "timezone: must be",
		}},
		{"topics of ours", `{"app":"a","topics":["raw","logs.x","enrich-table","a b","ok"]}`, []string{"topics[0]: ", "topics[1]: ", "topics[2]: ", "topics[3]: "}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, problems := Parse("x", []byte(c.config))
			if len(problems) != len(c.want) {
				t.Fatalf("got %d problems, want %d: %v", len(problems), len(c.want), problems)
			}
			for i, p := range problems {
				if got := p.Path + ": " + p.Message; !strings.HasPrefix(got, c.want[i]) {
					t.Errorf("problem %d is %q, want %q…", i, got, c.want[i])
				}
			}
		})
	}
}

func TestParseRefusesBadCollectionNames(t *testing.T) {
	for _, name := range []string{"", "-a", "A", "a/b", strings.Repeat("a", 64)} {
		if _, problems := Parse(name, []byte(shop)); len(problems) != 1 || problems[0].Path != "name" {
			t.Errorf("%q: %v", name, problems)
		}
	}
}

func TestRevisionIsThatOfTheContent(t *testing.T) {
	rev := func(name, config string) revision.ID {
		id, err := mustParse(t, name, config).Revision()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := rev("shop-access", shop)
	// Golden: agents, processors and etcd of every version must agree on it.
	if first.String() != "de6d14e347c9fe61" {
		t.Errorf("the revision of the example is %s now", first)
	}
	same := `{ "pipeline":[ {"format": "nginx.access"} ], "paths":["/var/log/shop/access.log*"], "exclude":["*.gz"], "app":"shop", "name":"shop-access" }`
	if rev("shop-access", same) != first {
		t.Error("order, blanks and defaults changed the revision")
	}
	if rev("shop-other", shop) == first {
		t.Error("the name is not part of the revision")
	}
	if rev("shop-access", strings.Replace(shop, "nginx.access", "json", 1)) == first {
		t.Error("the pipeline is not part of the revision")
	}
}

func TestCanonicalParsesToItself(t *testing.T) {
	c := mustParse(t, "shop-access", shop)
	canonical, err := c.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	again, err := mustParse(t, "shop-access", string(canonical)).Canonical()
	if err != nil || !bytes.Equal(again, canonical) {
		t.Errorf("error %v\n%s\n%s", err, canonical, again)
	}
}

func TestAgentViewHasNoPipeline(t *testing.T) {
	c := mustParse(t, "shop-access", shop)
	rev, _ := c.Revision()
	b, err := json.Marshal(c.ForAgents(rev))
	if err != nil || strings.Contains(string(b), "nginx") {
		t.Fatalf("error %v, view %s", err, b)
	}
	view, err := DecodeAgentView(b)
	if err != nil || !reflect.DeepEqual(*view, c.ForAgents(rev)) {
		t.Errorf("error %v, view %+v", err, view)
	}
	for _, bad := range []string{"", "{}", `{"name":"a"}`} {
		if _, err := DecodeAgentView([]byte(bad)); !errors.Is(err, ErrView) {
			t.Errorf("%q: error %v", bad, err)
		}
		if _, err := DecodeHead([]byte(bad)); !errors.Is(err, ErrHead) {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}

func TestSelectCoversHosts(t *testing.T) {
	s := Select{Hosts: []string{"web-*", "db[12]"}, Labels: map[string]string{"zone": "eu-*"}}
	eu := map[string]string{"zone": "eu-1", "rack": "7"}
	for host, want := range map[string]bool{"web-1": true, "db2": true, "db3": false, "xweb-1": false} {
		if got := s.Covers(host, eu); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
	if s.Covers("web-1", nil) || s.Covers("web-1", map[string]string{"zone": "us-1"}) {
		t.Error("a host without the label is covered")
	}
	if !(&Select{}).Covers("any", nil) {
		t.Error("no selector must cover every host")
	}
}

func TestMatchesHonoursGlobsAndExclude(t *testing.T) {
	v := AgentView{Paths: []string{"/var/log/**/*.log", "/srv/app.log*"}, Exclude: []string{"*.gz", "/var/log/private/**"}}
	for file, want := range map[string]bool{
		"/var/log/a.log": true, "/var/log/x/y/a.log": true, "/srv/app.log.1": true, "/srv/app.log.1.gz": false,
		"/var/log/private/a.log": false, "/var/log/a.txt": false, "/a.log": false,
	} {
		if _, got := v.Matches(file); got != want {
			t.Errorf("%s: %v", file, got)
		}
	}
	if got := LiteralPrefix("/var/log/*/a"); got != "/var/log/" {
		t.Errorf("literal prefix %q", got)
	}
}

func TestSchemaNamesTheSameKeysAsParse(t *testing.T) {
	var schema struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(Schema, &schema); err != nil {
		t.Fatal(err)
	}
	got, want := slices.Sorted(maps.Keys(schema.Properties)), slices.Sorted(slices.Values(keys))
	if !slices.Equal(got, want) {
		t.Errorf("schema has %v, Parse knows %v", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("shop-access", []byte(shop))
	f.Add("x", []byte(withReading))
	f.Add("x", []byte(`{"app":1,"paths":["/a",2],"select":{"labels":{"a":1}},"pipeline":[{"a":{"b":[1e999]}}]}`))
	f.Fuzz(func(t *testing.T, name string, config []byte) {
		c, problems := Parse(name, config)
		if len(problems) > 0 {
			return
		}
		canonical, err := c.Canonical()
		if err != nil {
			t.Fatalf("a good collection has no canonical form: %v", err)
		}
		again, problems := Parse(name, canonical)
		if len(problems) > 0 {
			t.Fatalf("the canonical form has problems: %v\n%s", problems, canonical)
		}
		if twice, err := again.Canonical(); err != nil || !bytes.Equal(twice, canonical) {
			t.Fatalf("not canonical: %v\n%s\n%s", err, canonical, twice)
		}
	})
}
