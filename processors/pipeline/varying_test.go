package pipeline

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestWhatMayChangeDecidesNeitherAppNorIndexNorDrop(t *testing.T) {
	const geoip = `{"geoip": {"field": "ip", "target_field": "geo"}}`
	for name, c := range map[string]struct {
		steps string
		want  []string // paths of the steps that are refused
	}{
		"a drop before it":                   {`[{"drop": {"if": "x == 1"}}, ` + geoip + `]`, nil},
		"a drop behind it that reads others": {`[` + geoip + `, {"drop": {"if": "x == 1"}}]`, nil},
		"a drop that reads it":               {`[` + geoip + `, {"drop": {"if": "geo.country_iso_code == \"DE\""}}]`, []string{"p[1].drop"}},
		"a drop that reads the object":       {`[` + geoip + `, {"drop": {"if": "len(geo) > 1"}}]`, []string{"p[1].drop"}},
		"a sample by it":                     {`[` + geoip + `, {"sample": {"rate": 0.5, "field": "geo.city_name"}}]`, []string{"p[1].sample"}},
		"a reroute by it":                    {`[` + geoip + `, {"reroute": {"dataset": "x", "if": "geo.city_name != nil"}}]`, []string{"p[1].reroute"}},
		"through a copy":                     {`[` + geoip + `, {"set": {"field": "y", "copy_from": "geo.city_name", "ignore_failure": true}}, {"drop": {"if": "y == \"z\""}}]`, []string{"p[2].drop"}},
		"through a template":                 {`[` + geoip + `, {"set": {"field": "y", "value": "{{{geo.city_name}}}", "ignore_failure": true}}, {"drop": {"if": "y == \"z\""}}]`, []string{"p[2].drop"}},
		"through a condition":                {`[` + geoip + `, {"set": {"field": "y", "value": 1, "if": "geo.asn == 1", "ignore_failure": true}}, {"drop": {"if": "y == 1"}}]`, []string{"p[2].drop"}},
		"through fields that a line names":   {`[` + geoip + `, {"kv": {"field": "geo.city_name", "field_split": ";", "value_split": "=", "ignore_failure": true}}, {"drop": {"if": "q == 1"}}]`, []string{"p[2].drop"}},
		"by a step that may fail":            {`[` + geoip + `, {"uppercase": {"field": "geo.city_name"}}, {"drop": {"if": "x == 1"}}]`, []string{"p[2].drop"}},
		"by one that may fail, ignored":      {`[` + geoip + `, {"uppercase": {"field": "geo.city_name", "ignore_failure": true}}, {"drop": {"if": "x == 1"}}]`, nil},
		"by one that may fail, handled":      {`[` + geoip + `, {"uppercase": {"field": "geo.city_name", "on_failure": []}}, {"drop": {"if": "x == 1"}}]`, nil},
		"inside its on_failure":              {`[` + geoip + `, {"uppercase": {"field": "geo.city_name", "on_failure": [{"drop": {}}]}}]`, []string{"p[1].uppercase.on_failure[0].drop"}},
		"the time":                           {`[{"lookup": {"field": "a", "table": "t", "target_field": "b"}}, {"date": {"field": "b.when", "formats": ["ISO8601"]}}]`, []string{"p[1].date"}},
		"a table that stands in the config":  {`[{"lookup": {"field": "a", "values": {"x": 1}, "target_field": "b"}}, {"drop": {"if": "b == 1"}}]`, nil},
		"inside foreach":                     {`[` + geoip + `, {"foreach": {"field": "l", "processor": {"drop": {"if": "geo.asn == 1"}}}}]`, []string{"p[1].foreach.processor.drop"}},
		"a field that a later step fills":    {`[{"drop": {"if": "geo.asn == 1"}}, ` + geoip + `]`, []string{"p[0].drop"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := Compile(json.RawMessage(c.steps), "p")
			var got []string
			for _, p := range problems {
				got = append(got, p.Path)
				if !strings.Contains(p.Message, "may change over time") {
					t.Error(p)
				}
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", problems, c.want)
			}
		})
	}
}

func TestThePipelineKnowsItsApps(t *testing.T) {
	p := mustCompile(t, `[{"reroute": {"dataset": "b", "if": "x == 1"}}, {"json": {"field": "m", "on_failure": [{"reroute": "a"}]}}]`)
	if got := p.Apps(); !reflect.DeepEqual(got, []string{"a", "b"}) {
		t.Error(got)
	}
}
