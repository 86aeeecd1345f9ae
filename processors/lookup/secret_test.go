package lookup

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestAPasswordOfADatabaseIsNeverShown(t *testing.T) {
	c := Config{Tables: map[string]Table{"t": {SQL: SQL{DSN: "u:topsecret@tcp(db:3306)/x", Query: "select 1"}}}}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{string(text), fmt.Sprint(c), fmt.Sprintf("%#v", c)} {
		if strings.Contains(shown, "topsecret") {
			t.Errorf("it is shown: %s", shown)
		}
	}
}
