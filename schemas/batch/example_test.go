package batch_test

import (
	"fmt"

	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/record"
)

// A processor that reads an app topic decodes the header and opens the value.
func ExampleDocuments() {
	header := batch.Append(nil, &batch.Manifest{
		IDs:  make([]record.EventID, 2),
		Runs: []batch.Run{{Count: 2, Index: "logs-shop-prod-2026.11.22", Retention: 7, Close: 2, Open: 8}},
	})
	value := `{"log":{"file":{"path":"/var/log/a"}},"host":{"name":"web-1"}}
{"message":"one","log":{"offset":0}}
{"message":"two","log":{"offset":4}}
`
	var manifest batch.Manifest
	var documents batch.Documents
	if err := batch.Decode(header, &manifest); err != nil {
		fmt.Println(err)
		return
	}
	if err := documents.Open(&manifest, []byte(value)); err != nil {
		fmt.Println(err)
		return
	}
	nth := 0
	for run := range manifest.Runs {
		for range manifest.Runs[run].Count {
			fmt.Print(string(documents.Append(nil, run, nth)))
			nth++
		}
	}
	// Output:
	// {"message":"one","log":{"offset":0,"file":{"path":"/var/log/a"}},"host":{"name":"web-1"}}
	// {"message":"two","log":{"offset":4,"file":{"path":"/var/log/a"}},"host":{"name":"web-1"}}
}
