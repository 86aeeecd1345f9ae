package load

import (
	"slices"

	"github.com/millrace/millrace/indexer/internal/bulk"
)

// shipment is one bulk request: documents as they came, or some that were taken out.
type shipment struct {
	body   *bulk.Body   // nil when they were taken out
	list   []bulk.Item  // nil until they are
	packed bulk.Content // what is sent, once known
	tries  int          // how often its documents were sent in vain
}

func shipmentOf(items []bulk.Item, tries int) *shipment { return &shipment{list: items, tries: tries} }

func (s *shipment) docs() int {
	if s.body != nil {
		return s.body.Docs()
	}
	return len(s.list)
}

func (s *shipment) indices() []bulk.Index {
	if s.body != nil {
		return s.body.Indices()
	}
	return bulk.IndicesOf(s.list)
}

func (s *shipment) content() bulk.Content {
	if s.body != nil {
		return s.body
	}
	return bulk.TextOf(s.list)
}

func (s *shipment) items() []bulk.Item {
	if s.body != nil {
		return s.body.Items()
	}
	return s.list
}

func (s *shipment) parts() []bulk.Part {
	if s.body != nil {
		return s.body.Parts()
	}
	return bulk.PartsOf(s.list)
}

// cut takes out the documents of an index.
func (s *shipment) cut(index string) []bulk.Part {
	s.packed = nil
	if s.body != nil {
		return s.body.Cut(func(other string) bool { return other == index })
	}
	var out, rest []bulk.Item
	for _, it := range s.list {
		if it.Index() == index {
			out = append(out, it)
		} else {
			rest = append(rest, it)
		}
	}
	s.list = slices.Clip(rest)
	return bulk.PartsOf(out)
}
