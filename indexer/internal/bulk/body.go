package bulk

import (
	"bytes"
	"io"
	"slices"
	"time"

	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/record"
)

// Content is what a bulk request carries. It can be read again and again, also while
// an earlier reader is still in use.
type Content interface {
	// Index is the index that all documents go to, and that no action line names.
	// Empty: each action line names its own.
	Index() string
	Size() int
	Reader() io.Reader
}

// Text is a Content that was put together.
type Text struct {
	index string
	text  []byte
}

// NewText makes a Text.
func NewText(index string, text []byte) Text { return Text{index, text} }

// Index implements Content.
func (t Text) Index() string { return t.index }

// Size implements Content.
func (t Text) Size() int { return len(t.text) }

// Reader implements Content.
func (t Text) Reader() io.Reader { return bytes.NewReader(t.text) }

// Body is a bulk request body that grows by batches: for each event an action line
// and the document. It holds the batches, not the text, which its readers put together
// while it is sent: megabytes of it would be written to memory only to be copied from
// there. The zero Body is empty. It must not grow any more once it is read.
type Body struct {
	size    int // of the documents
	actions int // size of the action lines, should each name its index
	docs    int
	indices []Index
	parts   []Part
}

// Index is an index that documents go to.
type Index struct {
	Name string
	// Retention is the longest of the documents', in days.
	Retention uint32
}

// need adds an index to a list, which has each once.
func need(list []Index, run *batch.Run) []Index {
	for i := range list {
		if list[i].Name == run.Index {
			list[i].Retention = max(list[i].Retention, run.Retention)
			return list
		}
	}
	return append(list, Index{run.Index, run.Retention})
}

// only is the name of the index of a list that has one, or else empty.
func only(list []Index) string {
	if len(list) == 1 {
		return list[0].Name
	}
	return ""
}

// Index implements Content.
func (b *Body) Index() string { return only(b.indices) }

// Size implements Content.
func (b *Body) Size() int {
	if index := b.Index(); index != "" {
		return b.size + b.docs*actionSize(index, index)
	}
	return b.size + b.actions
}

// Docs is the number of documents.
func (b *Body) Docs() int { return b.docs }

// Indices are the indices that the documents go to.
func (b *Body) Indices() []Index { return b.indices }

// Parts are what the body was made of, in the order of the documents.
func (b *Body) Parts() []Part { return b.parts }

// Add adds a batch's documents, except those that have expired by now; it returns
// how many those are.
func (b *Body) Add(in *Batch, now time.Time) (expired int) {
	first := 0
	for i := range in.Manifest.Runs {
		count := int(in.Manifest.Runs[i].Count)
		if !in.expiries[i].After(now) {
			expired += count
		} else if count > 0 {
			b.AddPart(Part{in, i, first, count})
		}
		first += count
	}
	return expired
}

// AddPart adds the documents of a part.
func (b *Body) AddPart(p Part) {
	run := &p.Batch.Manifest.Runs[p.run]
	b.parts = append(b.parts, p)
	b.indices = need(b.indices, run)
	b.size += p.Size()
	b.actions += p.count * actionSize("", run.Index)
	b.docs += p.count
}

// Cut removes the documents of some indices, and returns them. Readers that were made before
// read them still.
func (b *Body) Cut(out func(index string) bool) (removed []Part) {
	if !slices.ContainsFunc(b.indices, func(ix Index) bool { return out(ix.Name) }) {
		return nil
	}
	var rest Body
	for _, p := range b.parts {
		if out(p.Index()) {
			removed = append(removed, p)
		} else {
			rest.AddPart(p)
		}
	}
	*b = rest
	return removed
}

// Reader implements Content.
func (b *Body) Reader() io.Reader { return &reader{index: b.Index(), parts: b.parts} }

// Items takes the body apart into its documents. It is for when the store did not take
// everything.
func (b *Body) Items() []Item {
	items := make([]Item, 0, b.docs)
	text := make([]byte, 0, b.size)
	for _, p := range b.parts {
		for event := p.first; event < p.first+p.count; event++ {
			from := len(text)
			text = p.Batch.docs.Append(text, p.run, event)
			doc := text[from:len(text):len(text)]
			items = append(items, Item{Batch: p.Batch, Run: p.run, Event: event, Doc: doc, Original: doc})
		}
	}
	return items
}

// Item is one document on its way.
type Item struct {
	Batch *Batch
	// Run and Event say which of the batch's runs and events it is.
	Run, Event int
	// Doc is what is sent; it ends in a line feed.
	Doc []byte
	// Original is the document as the batch holds it; Doc differs after a repair.
	Original []byte
	// Moved counts the fields that repairs moved out of the way.
	Moved int
}

// Index is the name of the index that the document goes to.
func (it *Item) Index() string { return it.Batch.Manifest.Runs[it.Run].Index }

// Expires is when the document expires.
func (it *Item) Expires() time.Time { return it.Batch.expiries[it.Run] }

// PeriodEnds is when the period of the document's index ends.
func (it *Item) PeriodEnds() time.Time {
	return it.Expires().AddDate(0, 0, -int(it.Batch.Manifest.Runs[it.Run].Retention))
}

// ID is the document's id.
func (it *Item) ID() record.EventID { return it.Batch.Manifest.IDs[it.Event] }

// TextOf is the bulk body of items.
func TextOf(items []Item) Text {
	index, size := only(IndicesOf(items)), 0
	for i := range items {
		size += actionSize(index, items[i].Index()) + len(items[i].Doc)
	}
	text := make([]byte, 0, size)
	var action []byte
	for i := range items {
		it := &items[i]
		action = beginAction(action[:0], index, it.Index())
		text = append(appendAction(text, action, it.ID()), it.Doc...)
	}
	return NewText(index, text)
}

// IndicesOf are the indices that items go to.
func IndicesOf(items []Item) []Index {
	var list []Index
	for i := range items {
		list = need(list, &items[i].Batch.Manifest.Runs[items[i].Run])
	}
	return list
}
