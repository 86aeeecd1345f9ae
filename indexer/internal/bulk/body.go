package bulk

import (
	"bytes"
	"slices"
	"time"

	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/record"
)

// The action line of a document is actionHead, the index, actionID, the event id,
// actionTail. Index names and ids hold nothing that JSON escapes.
const (
	actionHead = `{"create":{"_index":"`
	actionID   = `","_id":"`
	actionTail = "\"}}\n"
)

// maxAction is the length of the longest action line of an index name's length.
func maxAction(name string) int {
	return len(actionHead) + len(name) + len(actionID) + record.EventIDText + len(actionTail)
}

// Body is a bulk request body that grows by batches: for each event an action line
// and the document.
type Body struct {
	buf     []byte
	docs    int
	indices []Index
	parts   []part
	action  []byte // the action line up to the id
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

// part is one run's documents in a body, in the order of the body.
type part struct {
	batch *Batch
	run   int // index into the batch's runs
	first int // the run's first event in the batch
	count int
}

// Reset empties the body and keeps its memory.
func (b *Body) Reset() {
	clear(b.parts) // let go of the batches
	b.buf, b.parts, b.indices, b.docs = b.buf[:0], b.parts[:0], nil, 0
}

// Bytes is the body; valid until the next Add or Reset.
func (b *Body) Bytes() []byte { return b.buf }

// Docs is the number of documents.
func (b *Body) Docs() int { return b.docs }

// Indices are the indices that the documents go to.
func (b *Body) Indices() []Index { return b.indices }

// Add copies a batch's documents, except those that have expired by now; it returns
// how many those are. The batch's value is let go.
func (b *Body) Add(in *Batch, now time.Time) (expired int) {
	first := 0
	for i := range in.Manifest.Runs {
		count := int(in.Manifest.Runs[i].Count)
		if !in.expiries[i].After(now) {
			expired += count
		} else if count > 0 {
			b.addRun(in, i, first)
			b.parts = append(b.parts, part{in, i, first, count})
			b.docs += count
		}
		first += count
	}
	in.docs = nil
	return expired
}

func (b *Body) addRun(in *Batch, nth, first int) {
	run := &in.Manifest.Runs[nth]
	b.indices = need(b.indices, run)
	b.action = append(append(append(b.action[:0], actionHead...), run.Index...), actionID...)
	for i := first; i < first+int(run.Count); i++ {
		b.buf = appendAction(b.buf, b.action, in.Manifest.IDs[i])
		b.buf = in.docs.Append(b.buf, nth, i)
	}
}

// appendAction appends an action line.
func appendAction(dst, action []byte, id record.EventID) []byte {
	dst = append(dst, action...)
	dst, _ = id.AppendText(dst) // cannot fail
	return append(dst, actionTail...)
}

// Items takes the body apart into its documents. Their bytes lie in the body's
// memory: valid until the next Add or Reset. It is for when the store did not take
// everything.
func (b *Body) Items() []Item {
	items := make([]Item, 0, b.docs)
	rest := b.buf
	for _, p := range b.parts {
		for e := range p.count {
			action := bytes.IndexByte(rest, '\n') + 1
			doc := bytes.IndexByte(rest[action:], '\n') + 1
			items = append(items, Item{
				Batch: p.batch, Run: p.run, Event: p.first + e,
				Doc: rest[action : action+doc], Original: rest[action : action+doc],
			})
			rest = rest[action+doc:]
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

// ID is the document's id.
func (it *Item) ID() record.EventID { return it.Batch.Manifest.IDs[it.Event] }

// AppendItems appends a bulk body of items to dst.
func AppendItems(dst []byte, items []Item) []byte {
	var action []byte
	for i := range items {
		it := &items[i]
		dst = slices.Grow(dst, maxAction(it.Index())+len(it.Doc))
		action = append(append(append(action[:0], actionHead...), it.Index()...), actionID...)
		dst = append(appendAction(dst, action, it.ID()), it.Doc...)
	}
	return dst
}

// IndicesOf are the indices that items go to.
func IndicesOf(items []Item) []Index {
	var list []Index
	for i := range items {
		list = need(list, &items[i].Batch.Manifest.Runs[items[i].Run])
	}
	return list
}
