package collect

import (
	"slices"
	"strings"
	"testing"
)

func TestInputsAreSources(t *testing.T) {
	c, problems := Parse("net", []byte(`{"app": "net", "inputs": ["syslog"]}`))
	if len(problems) > 0 || !slices.Equal(c.Inputs, []string{"syslog"}) {
		t.Fatalf("%v, problems %v", c.Inputs, problems)
	}
	rev, err := c.Revision()
	if err != nil {
		t.Fatal(err)
	}
	if view := c.ForAgents(rev); !slices.Equal(view.Inputs, c.Inputs) {
		t.Errorf("agents are told of %v", view.Inputs)
	}
	if text, err := c.Canonical(); err != nil || !strings.Contains(string(text), `"inputs":["syslog"]`) {
		t.Errorf("%s, error %v", text, err)
	}
}

func TestInputsAreNames(t *testing.T) {
	for _, bad := range []string{`"syslog"`, `[""]`, `["../etc"]`, `["a b"]`, `[1]`} {
		if _, problems := Parse("net", []byte(`{"app": "net", "inputs": `+bad+`}`)); len(problems) == 0 || !strings.HasPrefix(problems[0].Path, "inputs") {
			t.Errorf("%s has problems %v", bad, problems)
		}
	}
}

func TestCollectionsWithoutInputsKeepTheirRevision(t *testing.T) {
	c, problems := Parse("web", []byte(`{"app": "web", "paths": ["/var/log/web/*.log"]}`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if text, err := c.Canonical(); err != nil || strings.Contains(string(text), "inputs") {
		t.Errorf("%s, error %v", text, err)
	}
}
