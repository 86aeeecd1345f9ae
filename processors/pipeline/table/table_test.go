package table

import (
	"strings"
	"testing"
)

func show(row Row) string {
	var out []string
	for _, c := range row {
		text, _ := c.Value.Append(nil)
		out = append(out, c.Name+"="+string(text))
	}
	return strings.Join(out, " ")
}

func TestTablesAreReadAndAnswer(t *testing.T) {
	fromCSV, err := FromCSV([]byte("\ufeffnet,team,zone\n10.0.0.0/8,core,\n10.1.0.0/16,shop,eu\n2001:db8::/32,v6,\nx,y,\"a\"\"b\"\nx,second,\n"), "net")
	if err != nil {
		t.Fatal(err)
	}
	object, err := FromJSON([]byte(`{"a": {"team": {"name": "core", "size": 3}, "on": true, "list": [1, 2]}, "b": "plain"}`), "")
	if err != nil {
		t.Fatal(err)
	}
	array, err := FromJSON([]byte(`[{"id": 7, "team": "core"}, {"id": "8"}]`), "id")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		table *Table
		key   string
		net   bool
		want  string
		found bool
	}{
		"an exact key, the first of two": {fromCSV, "x", false, `team="y" zone="a\"b"`, true},
		"a key that is missing":          {fromCSV, "10.1.2.3", false, "", false},
		"the smallest network":           {fromCSV, "10.1.2.3", true, `team="shop" zone="eu"`, true},
		"a larger network":               {fromCSV, "10.2.2.3", true, `team="core"`, true},
		"an address in another form":     {fromCSV, "::ffff:10.2.2.3", true, `team="core"`, true},
		"IPv6":                           {fromCSV, "2001:db8::1", true, `team="v6"`, true},
		"no network":                     {fromCSV, "192.0.2.1", true, "", false},
		"no address":                     {fromCSV, "nonsense", true, "", false},
		"objects":                        {object, "a", false, `list=[1,2] on=true team.name="core" team.size=3`, true},
		"a plain value":                  {object, "b", false, `="plain"`, true},
		"a number for a key":             {array, "7", false, `team="core"`, true},
		"a row without fields":           {array, "8", false, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			find := c.table.Find
			if c.net {
				find = c.table.FindNet
			}
			row, found := find([]byte(c.key))
			if got := show(row); got != c.want || found != c.found {
				t.Errorf("got %s, %v; want %s, %v", got, found, c.want, c.found)
			}
		})
	}
}

func TestABrokenTableIsRefused(t *testing.T) {
	for _, text := range []string{"", "a,b\n1\n", "b\n1\n"} {
		if _, err := FromCSV([]byte(text), "a"); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	for _, text := range []string{"", "{", "[1]", `[{"b":1}]`, "7"} {
		if _, err := FromJSON([]byte(text), "a"); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
