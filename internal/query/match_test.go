package query

import (
	"encoding/json"
	"testing"
)

func TestMatchAndDSL(t *testing.T) {
	doc := map[string]any{
		"message": "Connection to db.internal REFUSED after 30s", "log.level": "error", "http.response.status_code": 503,
		"host.name": "web-1", "tags": []any{"a", "b c"}, "@timestamp": "2026-11-22T12:00:00.5Z", "took": json.Number("1.5"), "ok": true, "zero": nil,
		"source.ip": "203.0.113.9", "host.ip": []any{"::ffff:10.1.2.3", "2001:db8::7"}, "client.ip": "unknown",
	}
	field := func(name string) (any, bool) { v, ok := doc[name]; return v, ok }
	for text, tc := range map[string]struct {
		match bool
		dsl   string
	}{
		"refused":                                {true, `{"match":{"message":{"operator":"and","query":"refused"}}}`},
		`"internal refused"`:                     {false, `{"match_phrase":{"message":{"query":"internal refused"}}}`},
		`"db.internal refused"`:                  {true, `{"match_phrase":{"message":{"query":"db.internal refused"}}}`},
		"REF*":                                   {true, `{"prefix":{"message":{"value":"ref"}}}`},
		"*fuse?":                                 {true, `{"wildcard":{"message":{"value":"*fuse?"}}}`},
		"log.level:error":                        {true, `{"term":{"log.level":{"value":"error"}}}`},
		"log.level:Error":                        {false, `{"term":{"log.level":{"value":"Error"}}}`},
		`tags:"b c"`:                             {true, `{"term":{"tags":{"value":"b c"}}}`},
		"host.name:web-*":                        {true, `{"prefix":{"host.name":{"value":"web-"}}}`},
		"host.name:web":                          {false, `{"term":{"host.name":{"value":"web"}}}`},
		"ok:true":                                {true, `{"term":{"ok":{"value":"true"}}}`},
		"_exists_:took":                          {true, `{"exists":{"field":"took"}}`},
		"_exists_:zero":                          {false, `{"exists":{"field":"zero"}}`},
		"took:>1":                                {true, `{"range":{"took":{"gt":"1"}}}`},
		"http.response.status_code:[500 TO 503}": {false, `{"range":{"http.response.status_code":{"gte":"500","lt":"503"}}}`},
		"http.response.status_code:>=500":        {true, `{"range":{"http.response.status_code":{"gte":"500"}}}`},
		"@timestamp:[2026-11-22 TO 2026-11-22T12:00:01Z]": {true, `{"range":{"@timestamp":{"gte":"2026-11-22","lte":"2026-11-22T12:00:01Z"}}}`},
		"refused -log.level:debug":                        {true, `{"bool":{"filter":[{"match":{"message":{"operator":"and","query":"refused"}}},{"bool":{"must_not":[{"term":{"log.level":{"value":"debug"}}}]}}]}}`},
		"nothing OR ok:true":                              {true, `{"bool":{"minimum_should_match":1,"should":[{"match":{"message":{"operator":"and","query":"nothing"}}},{"term":{"ok":{"value":"true"}}}]}}`},
		"":                                                {true, `{"match_all":{}}`},
		"source.ip:203.0.113.0/24":                        {true, `{"term":{"source.ip":{"value":"203.0.113.0/24"}}}`},
		`source.ip:"203.0.114.0/24"`:                      {false, `{"term":{"source.ip":{"value":"203.0.114.0/24"}}}`},
		"source.ip:203.0.*":                               {true, `{"term":{"source.ip":{"value":"203.0.0.0/16"}}}`},
		"source.ip:[203.0.113.1 TO 203.0.113.10]":         {true, `{"range":{"source.ip":{"gte":"203.0.113.1","lte":"203.0.113.10"}}}`},
		"host.ip:10.0.0.0/8":                              {true, `{"term":{"host.ip":{"value":"10.0.0.0/8"}}}`},
		"host.ip:2001:db8::/32":                           {true, `{"term":{"host.ip":{"value":"2001:db8::/32"}}}`},
		"host.ip:10.1.2.3":                                {true, `{"term":{"host.ip":{"value":"10.1.2.3"}}}`},
		"host.ip:2001:0DB8::7":                            {true, `{"term":{"host.ip":{"value":"2001:db8::7"}}}`},
		"client.ip:0.0.0.0/0 OR client.ip:>=0.0.0.0":      {false, `{"bool":{"minimum_should_match":1,"should":[{"term":{"client.ip":{"value":"0.0.0.0/0"}}},{"range":{"client.ip":{"gte":"0.0.0.0"}}}]}}`},
	} {
		t.Run(text, func(t *testing.T) {
			n, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := Match(n, field); got != tc.match {
				t.Errorf("Match is %v", got)
			}
			b, err := json.Marshal(ToDSL(n))
			if err != nil || string(b) != tc.dsl {
				t.Errorf("ToDSL is %s, want %s", b, tc.dsl)
			}
		})
	}
}

func TestGlob(t *testing.T) {
	for _, tc := range []struct {
		pattern, text string
		want          bool
	}{
		{"a*b*c", "a12b34c", true},
		{"a*b", "ab", true},
		{"a?c", "aüc", true},
		{"a?c", "ac", false},
		{`a\*`, "a*", true},
		{`a\*`, "ab", false},
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
		{"*ab", "aab", true},
		{"a**b", "ab", true},
		{`\\`, `\`, true},
	} {
		if Glob(tc.pattern, tc.text) != tc.want {
			t.Errorf("Glob(%q, %q) is %v", tc.pattern, tc.text, !tc.want)
		}
	}
}
