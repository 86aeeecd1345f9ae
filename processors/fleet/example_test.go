package fleet_test

import (
	"fmt"

	"github.com/millrace/millrace/processors/fleet"
)

func ExampleDecode() {
	value := []byte(`{"id":"4f1c","nonce":"9","host":"web-1","clone":true,"fleet":{"offset":812}}`)
	entry, err := fleet.Decode(value)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(entry.ID, entry.Host, entry.Clone)
	// Output: 4f1c web-1 true
}
