package step

import (
	"github.com/millrace/millrace/processors/pipeline/geo"
	"github.com/millrace/millrace/processors/pipeline/table"
)

// Data is what steps look up and what may change over time. It is asked anew for every event and must be safe for use by
// many goroutines.
type Data interface {
	// Geo returns the databases of places, nil if there are none.
	Geo() *geo.Set
	// Table returns a table by its name, nil if there is none, or none yet.
	Table(name string) Table
}

// Table answers by key, or by the network that an address is in.
type Table interface {
	Find(key []byte) (table.Row, bool)
	FindNet(address []byte) (table.Row, bool)
}
