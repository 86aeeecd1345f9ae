package volume

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/millrace/millrace/internal/document"
)

// A batch often brings several new values, and searches look at the lists meanwhile. The race detector has to see it.
func TestListsOfValuesDoNotChangeUnderASearch(t *testing.T) {
	const field = "http.response.status_code"
	f, err := Open(t.TempDir(), 20_000, 0, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var docs []*Doc
	for i := range maxEnum {
		docs = append(docs, &Doc{Enums: []document.Leaf{{Path: field, Text: fmt.Sprint(100 + i), Kind: document.Number}}})
	}
	listed := make(chan bool)
	go func() {
		for len((*f.enums.Load())[field]) < maxEnum {
			runtime.Gosched()
		}
		close(listed)
	}()
	if err := f.w.note(docs); err != nil {
		t.Fatal(err)
	}
	<-listed
}
