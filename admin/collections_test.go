package admin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/IBM/sarama"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/topic"
)

const (
	path = "/api/v1/collections/shop-access"
	shop = `{"app":"shop","env":"prod","select":{"hosts":["*"],"labels":{}},"paths":["/var/log/shop/access.log*"],"exclude":["*.gz"],
		"start":"beginning","pipeline":[{"format":"nginx.access"}]}`
	shopB = `{"app":"shop","paths":["/var/log/shop/other.log"]}`
)

func TestACollectionIsCreatedReadChangedAndDeleted(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.want(w.do("GET", path, ""), 404)

	created := w.want(w.do("PUT", path, shop), 201)
	tag := created.header.Get("ETag")
	if len(tag) != 18 {
		t.Fatalf("the ETag is %q", tag)
	}
	read := w.want(w.do("GET", path, ""), 200)
	if !bytes.Equal(read.body, created.body) || read.header.Get("ETag") != tag {
		t.Errorf("read %s %s, created %s %s", read.header.Get("ETag"), read.body, tag, created.body)
	}
	w.want(w.do("GET", path, "", "If-None-Match", tag), 304)

	same := w.want(w.do("PUT", path, string(read.body)), 200)
	if same.header.Get("ETag") != tag {
		t.Error("what was read and put back is another revision")
	}
	changed := w.want(w.do("PUT", path, shopB), 200)
	if changed.header.Get("ETag") == tag {
		t.Error("a change keeps the ETag")
	}
	var list struct {
		Collections []struct {
			Name, Revision string
			Config         struct{ App string }
		}
	}
	w.into(w.want(w.do("GET", "/api/v1/collections", ""), 200), &list)
	if len(list.Collections) != 1 || list.Collections[0].Name != "shop-access" || list.Collections[0].Config.App != "shop" ||
		`"`+list.Collections[0].Revision+`"` != changed.header.Get("ETag") {
		t.Errorf("the list is %+v", list)
	}
	if a := w.want(w.do("DELETE", path, ""), 204); len(a.body) > 0 {
		t.Errorf("204 with a body: %s", a.body)
	}
	w.want(w.do("GET", path, ""), 404)
	w.want(w.do("DELETE", path, ""), 404)
	if a := w.do("GET", "/api/v1/collections", ""); strings.TrimSpace(string(a.body)) != `{"collections":[]}` {
		t.Errorf("no collections are listed as %s", a.body)
	}
}

func TestAPublishedCollectionStandsInEtcdAsAgentsAndProcessorsReadIt(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.want(w.do("PUT", path, shop), 201)
	first := w.keys()
	w.want(w.do("PUT", path, shop), 200)
	if again := w.keys(); again.rev != first.rev {
		t.Error("an unchanged config was written again")
	}
	head, err := collect.DecodeHead(first.values[collect.HeadKey("shop-access")])
	if err != nil {
		t.Fatal(err)
	}
	stored := first.values[collect.RevisionKey(head.Rev)]
	if !bytes.Equal(stored, head.Config) {
		t.Errorf("the revision holds %s, the head %s", stored, head.Config)
	}
	c, problems := collect.Parse("shop-access", stored)
	if rev, err := c.Revision(); err != nil || len(problems) > 0 || rev != head.Rev {
		t.Errorf("the stored config has revision %s, %v, %v; want %s", rev, err, problems, head.Rev)
	}
	view, err := collect.DecodeAgentView(first.values[collect.AgentKey("shop-access")])
	if err != nil || view.Rev != head.Rev {
		t.Errorf("agents see %+v, %v", view, err)
	}

	w.want(w.do("PUT", path, shopB), 200)
	w.want(w.do("PUT", path, shop), 200) // back to the first: its revision is still there
	w.want(w.do("DELETE", path, ""), 204)
	last := w.keys()
	if len(last.values) != 2 || !bytes.Equal(last.values[collect.RevisionKey(head.Rev)], stored) {
		t.Errorf("after the deletion etcd holds %q, want both revisions", last.values)
	}
}

func TestTheTopicOfAnAppIsThereBeforeItsCollection(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.want(w.do("PUT", path, shop), 201)
	cfg, err := w.cfg.Kafka.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	client, err := sarama.NewClient(w.cfg.Kafka.Brokers, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	partitions, err := client.Partitions(topic.Logs("shop"))
	if err != nil || len(partitions) != int(w.cfg.Topics.Partitions) {
		t.Errorf("the topic has %d partitions, %v", len(partitions), err)
	}
}

func TestABadCollectionIsRefusedNamingEveryBadKey(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.want(w.do("PUT", path, shop), 201)
	before := w.keys()
	for name, c := range map[string]struct {
		config string
		places []string
	}{
		"an unknown key":             {`{"app":"shop","paths":["/x"],"patsh":[]}`, []string{"patsh"}},
		"bad globs":                  {`{"app":"shop","paths":["/x","/y/[","z"],"exclude":["["]}`, []string{"exclude[0]", "paths[1]", "paths[2]"}},
		"an unknown format":          {`{"app":"shop","paths":["/x"],"pipeline":[{"format":"nginx.acess"}]}`, []string{"pipeline[0].format"}},
		"an unknown step":            {`{"app":"shop","paths":["/x"],"pipeline":[{"format":"plain"},{"grokk":{}}]}`, []string{"pipeline[1]"}},
		"a bad expression":           {`{"app":"shop","paths":["/x"],"pipeline":[{"drop":{"if":"message =="}}]}`, []string{"pipeline[0].drop.if"}},
		"all at once":                {`{"app":"Shop!","env":"p-1","paths":[],"x":1,"select":{"hosts":["["]},"pipeline":[{"nope":{}}]}`, []string{"app", "env", "paths", "pipeline[0]", "select.hosts[0]", "x"}},
		"another name":               {`{"name":"other","app":"shop","paths":["/x"]}`, []string{"name"}},
		"a list":                     {`[]`, []string{""}},
		"broken JSON":                {`{"app":`, []string{""}},
		"a pipeline that is no list": {`{"app":"shop","paths":["/x"],"pipeline":{}}`, []string{"pipeline"}},
	} {
		for _, do := range []struct{ method, path string }{{"PUT", path}, {"POST", "/api/v1/collections/validate?name=shop-access"}} {
			t.Run(do.method+" with "+name, func(t *testing.T) {
				got := w.problems(w.want(w.do(do.method, do.path, c.config), 422))
				var places []string
				for place, message := range got {
					places = append(places, place)
					if message == "" {
						t.Errorf("%q has no message", place)
					}
				}
				slices.Sort(places)
				if !covers(places, c.places) {
					t.Errorf("it names %q, want %q; %v", places, c.places, got)
				}
			})
		}
	}
	if after := w.keys(); after.rev != before.rev {
		t.Error("a refused config changed etcd")
	}
}

// covers reports whether every wanted place, or one below it, is named.
func covers(got, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			return false
		}
	}
	return true
}

func TestYAMLIsToldHowItIsPublished(t *testing.T) {
	w := start(t, nil)
	w.ready()
	const path, config = "/api/v1/collections/bakery", "# the bakery\napp: bakery\npaths: [/tmp/hello/*.log]\n"
	for name, headers := range map[string][]string{
		"by its type": {"Content-Type", "application/yaml"}, "by its looks": {"Content-Type", "application/x-www-form-urlencoded"}, "called JSON": {"Content-Type", "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.want(w.do("PUT", path, config, headers...), 415)
			w.problems(a)
			if !strings.Contains(string(a.body), "millrace publish") || !strings.Contains(string(a.body), "application/json") {
				t.Errorf("it does not say how: %s", a.body)
			}
		})
	}
	w.want(w.do("GET", path, ""), 404)
	if a := w.want(w.do("PUT", path, "[]", "Content-Type", "application/json"), 422); strings.Contains(string(a.body), "YAML") {
		t.Errorf("JSON is taken for YAML: %s", a.body)
	}
}

func TestAConfigIsCheckedWithoutPublishingIt(t *testing.T) {
	w := start(t, nil)
	w.ready()
	var valid struct {
		Valid    bool
		Revision string
		Config   json.RawMessage
	}
	w.into(w.want(w.do("POST", "/api/v1/collections/validate?name=shop-access", shop), 200), &valid)
	if !valid.Valid || len(w.keys().values) != 0 {
		t.Errorf("it says %+v and etcd holds %d keys", valid, len(w.keys().values))
	}
	if tag := w.want(w.do("PUT", path, shop), 201).header.Get("ETag"); tag != `"`+valid.Revision+`"` {
		t.Errorf("published as %s, announced as %s", tag, valid.Revision)
	}
	valid.Revision = ""
	w.into(w.want(w.do("POST", "/api/v1/collections/validate", shop), 200), &valid)
	if valid.Revision != "" {
		t.Error("a config without a name has a revision")
	}
}

func TestAChangeIsRefusedWhenTheCollectionIsNotAsDemanded(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.want(w.do("PUT", path, shop, "If-Match", "*"), 412)
	w.want(w.do("DELETE", path, "", "If-Match", "*"), 412)
	tag := w.want(w.do("PUT", path, shop, "If-None-Match", "*"), 201).header.Get("ETag")
	w.want(w.do("PUT", path, shopB, "If-None-Match", "*"), 412)
	w.want(w.do("PUT", path, shopB, "If-Match", `"0000000000000000"`), 412)
	w.want(w.do("PUT", path, shopB, "If-Match", `"nonsense"`), 412)
	w.want(w.do("PUT", path, shopB, "If-Match", "W/"+tag), 412)
	w.want(w.do("DELETE", path, "", "If-Match", `"0000000000000000"`), 412)
	next := w.want(w.do("PUT", path, shopB, "If-Match", `"0000000000000000", `+tag), 200).header.Get("ETag")
	w.want(w.do("PUT", path, shop, "If-Match", tag), 412)
	w.want(w.do("PUT", path, shop, "If-Match", "*"), 200)
	w.want(w.do("PUT", path, shopB, "If-None-Match", `"0000000000000000", `+w.do("GET", path, "").header.Get("ETag")), 412)
	w.want(w.do("PUT", path, shopB), 200)
	w.want(w.do("DELETE", path, "", "If-Match", next), 204)
}

func TestOfManyWritersWhoSawTheSameExactlyOneWins(t *testing.T) {
	w := start(t, nil)
	w.ready()
	tag := w.want(w.do("PUT", path, shop), 201).header.Get("ETag")
	for round := range 5 {
		var mu sync.Mutex
		won := map[int]string{}
		var wg sync.WaitGroup
		for writer := range 8 {
			wg.Go(func() {
				a := w.do("PUT", path, fmt.Sprintf(`{"app":"shop","paths":["/round%d/writer%d"]}`, round, writer), "If-Match", tag)
				mu.Lock()
				defer mu.Unlock()
				switch a.status {
				case http.StatusOK:
					won[writer] = a.header.Get("ETag")
				case http.StatusPreconditionFailed:
				default:
					t.Errorf("writer %d got %d: %s", writer, a.status, a.body)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Fatalf("%d of 8 writers won", len(won))
		}
		for _, t := range won {
			tag = t
		}
		if now := w.do("GET", path, "").header.Get("ETag"); now != tag {
			t.Fatalf("%s won, and %s is there", tag, now)
		}
	}
}

func TestABodyThatIsTooLargeIsRefused(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.want(w.do("PUT", path, `{"app":"shop","paths":["/x"],"description":"`+strings.Repeat("x", 300<<10)+`"}`), 422)
	w.want(w.do("PUT", path, strings.Repeat("x", 1<<20)), 413)
}

// state is all of Millrace's keys.
type state struct {
	rev    int64
	values map[string][]byte
}

func (w *world) keys() state {
	w.t.Helper()
	client, err := etcd.Dial(w.t.Context(), w.cfg.Etcd, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	resp, err := client.Get(w.t.Context(), collect.KeyRoot, clientv3.WithPrefix())
	if err != nil {
		w.t.Fatal(err)
	}
	s := state{rev: resp.Header.Revision, values: map[string][]byte{}}
	for _, kv := range resp.Kvs {
		s.values[string(kv.Key)] = kv.Value
	}
	return s
}

// A slip with etcdctl must not take the other collections away, nor need a second one.
func TestABrokenCollectionHarmsNoOtherAndCanBeReplaced(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.want(w.do("PUT", path, shop), 201)
	client, err := etcd.Dial(t.Context(), w.cfg.Etcd, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	const other = "/api/v1/collections/other"
	for _, repair := range []struct {
		method string
		status int
	}{{"PUT", 200}, {"DELETE", 204}} {
		if _, err := client.Put(t.Context(), collect.HeadKey("other"), "slip"); err != nil {
			t.Fatal(err)
		}
		var got struct{ Collections []struct{ Name string } }
		w.into(w.want(w.do("GET", "/api/v1/collections", ""), 200), &got)
		if len(got.Collections) != 1 || got.Collections[0].Name != "shop-access" {
			t.Errorf("listed are %v", got.Collections)
		}
		w.want(w.do("GET", "/api/v1/collections", ""), 200) // pages ask every few seconds
		if a := w.want(w.do("GET", other, ""), 500); !strings.Contains(string(a.body), collect.HeadKey("other")) {
			t.Errorf("%s does not name the key", a.body)
		}
		w.want(w.do(repair.method, other, shopB, "If-Match", `"0123456789abcdef"`), 412)
		w.want(w.do(repair.method, other, shopB), repair.status)
		w.want(w.do("GET", "/api/v1/collections", ""), 200)
	}
	w.want(w.do("GET", other, ""), 404)
	if n := w.log.count("collections are left out"); n != 2 {
		t.Errorf("of two slips the log tells %d times", n)
	}
}
