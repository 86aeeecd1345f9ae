package pipeline

import (
	"encoding/json"
	"testing"
)

// The first is published in Elastic's documentation of the processor. The others were
// computed apart from this code, by the encoding that Elasticsearch is known to have; that
// also gives the value in a test of Logstash's plugin for ingest pipelines.
func TestFingerprintsAreThoseOfElasticsearch(t *testing.T) {
	for name, c := range map[string]struct{ options, in, want string }{
		"the documentation's": {
			`"fields": ["user"]`,
			`{"user":{"last_name":"Smith","first_name":"John","date_of_birth":"1980-01-15","is_active":true}}`, "WbSUPW4zY1PBPehh2AA/sSxiRjw=",
		},
		"an object with text": {`"fields": ["x"]`, `{"x":{"a":{"b":1,"c":{"d":"x"}},"a-b":2,"ab":3}}`, "BWpB5HsFlHSFyryzC0znjmOkE/4="},
		"numbers with MD5":    {`"fields": ["y","x"], "method": "MD5"`, `{"x":1,"y":2.5}`, "gZ62VzXnZuTsAZV/aS0nlg=="},
		"every kind with a salt": {
			`"fields": ["a","b","c","d","e","f"], "method": "SHA-256", "salt": "pepper"`,
			`{"a":"web","b":-7,"c":5000000000,"d":2.5,"e":true,"f":false}`, "iwLjWNnE4ypubwcx0VHQcsh/+YqCj58kZMOxE/1tCgw=",
		},
		"lists": {
			`"fields": ["x","y"], "method": "SHA-512"`, `{"x":["a",1,{"y":[null,2.0],"x":"é"}],"y":[]}`,
			"8qBow5SwkEjF7yb375ZJh4d5HGiON1ou5uwiHn2lXWQW103k1VFOFAJ6ps4JL1EdU1PlrxwJGtKc169yL4YILg==",
		},
		"a number of 32 bits and one more": {`"fields": ["x"], "method": "MD5"`, `{"x":2147483648}`, "fF5NhqkcQGoTRg11KsahQQ=="},
		"one of two":                       {`"fields": ["x","y"], "ignore_missing": true`, `{"x":"only"}`, "6nv6XZMeXNKeB9OWactBBVDD4A8="},
		"nothing but an empty list":        {`"fields": ["x"], "salt": "  "`, `{"x":[]}`, "2jmj7l5rSw0yVb/vlWAYkK/YBwk="},
		"nothing at all":                   {`"fields": ["x"], "ignore_missing": true`, `{"z":null}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := mustCompile(t, `[{"json": {"field": "message", "add_to_root": true}}, {"fingerprint": {`+c.options+`}}]`)
			doc, result := p.NewRunner().Run(nil, &Input{Message: []byte(c.in), At: at})
			var got struct{ Fingerprint string }
			if err := json.Unmarshal(doc, &got); err != nil || result.Failed || got.Fingerprint != c.want {
				t.Errorf("%q, want %q; %v %s", got.Fingerprint, c.want, err, doc)
			}
		})
	}
}
