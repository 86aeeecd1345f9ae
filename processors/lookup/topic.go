package lookup

import (
	"log/slog"
	"net/netip"

	"github.com/millrace/millrace/internal/kafka"
	view "github.com/millrace/millrace/internal/table"
	"github.com/millrace/millrace/processors/pipeline/table"
)

// topicTable is a table whose rows are the newest values of a compacted topic.
type topicTable struct{ view *view.View }

func newTopicTable(cfg kafka.Config, topic string, log *slog.Logger) *topicTable {
	return &topicTable{view.New(cfg, topic, log)}
}

func (t *topicTable) ready() bool {
	select {
	case <-t.view.Ready():
		return true
	default:
		return false
	}
}

// Find returns the row of a key. A value that is not JSON is no row.
func (t *topicTable) Find(key []byte) (table.Row, bool) {
	value, err := t.view.Get(string(key))
	if err != nil || value == nil {
		return nil, false
	}
	row, err := table.RowOf(value)
	return row, err == nil
}

// FindNet returns the row of the smallest network that holds an address: it asks for each, from the address itself on.
func (t *topicTable) FindNet(address []byte) (table.Row, bool) {
	if row, ok := t.Find(address); ok {
		return row, true
	}
	addr, err := netip.ParseAddr(string(address))
	if err != nil {
		return nil, false
	}
	addr = addr.Unmap().WithZone("")
	for bits := addr.BitLen(); bits >= 0; bits-- {
		if prefix, err := addr.Prefix(bits); err == nil {
			if row, ok := t.Find([]byte(prefix.String())); ok {
				return row, true
			}
		}
	}
	return nil, false
}
