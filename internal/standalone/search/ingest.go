package search

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/standalone/search/volume"
)

// outcome is the answer for one item of a bulk request.
type outcome struct {
	action
	status int
	result string // created or updated
	err    *apiError
}

// ingest writes the documents of a bulk request and answers each. It returns when all that it calls written is on disk.
func (s *Store) ingest(ctx context.Context, actions []action) ([]outcome, error) {
	outcomes := make([]outcome, len(actions))
	items := make([]*item, 0, len(actions))
	places := make([]int, 0, len(actions)) // of items among the actions
	in := &intake{s: s, indices: make(map[string]*index)}
	for i, a := range actions {
		outcomes[i].action = a
		it, err := in.item(&outcomes[i].action)
		if err != nil {
			outcomes[i].fail(s.toAPI(err))
			continue
		}
		items = append(items, it)
		places = append(places, i)
	}
	if err := s.put(ctx, items); err != nil {
		return nil, err
	}
	for i, it := range items {
		outcomes[places[i]].settle(it)
	}
	return outcomes, nil
}

func (o *outcome) fail(e *apiError) { o.status, o.err = e.Status, e }

// settle takes what the writer made of an item.
func (o *outcome) settle(it *item) {
	switch {
	case it.full != "":
		o.fail(newError(400, "illegal_argument_exception", it.full))
	case it.orphan:
		o.fail(indexNotFound(it.doc.Index.Name))
	case it.doc.Exists:
		e := newError(409, "version_conflict_engine_exception", fmt.Sprintf("[%s]: version conflict, document already exists (current version [1])", o.id))
		e.index, e.uuid = it.doc.Index.Name, it.doc.Index.UUID
		o.fail(e)
	case it.replaced:
		o.status, o.result = 200, "updated"
	default:
		o.status, o.result = 201, "created"
	}
}

// intake turns actions into items, outside the writing goroutine: it parses, makes tokens and compresses.
type intake struct {
	s       *Store
	indices map[string]*index
	parser  document.Parser
	doc     document.Doc
	keyer   volume.Keyer
	arena   []byte // tokens of many documents share an allocation
}

// arenaBytes is the size of one allocation for tokens.
const arenaBytes = 256 << 10

func (in *intake) item(a *action) (*item, error) {
	if a.index == "" {
		return nil, newError(400, "action_request_validation_exception", "Validation Failed: 1: index is missing;")
	}
	if len(a.id) > maxIDBytes {
		return nil, newError(400, "action_request_validation_exception", fmt.Sprintf(
			"Validation Failed: 1: id [%.40s…] is too long, must be no longer than %d bytes but was: %d;", a.id, maxIDBytes, len(a.id)))
	}
	// An index is only made for a document that can go into it.
	if err := in.parser.Parse(a.source, &in.doc); err != nil {
		reason := "failed to parse: " + err.Error()
		if errors.Is(err, document.ErrNoTime) {
			reason = err.Error()
		}
		return nil, newError(400, "document_parsing_exception", reason)
	}
	ix := in.indices[a.index]
	if ix == nil || in.s.catalog.get(a.index) != ix {
		var err error
		if ix, err = in.s.catalog.ensure(a.index); err != nil {
			return nil, err
		}
		in.indices[a.index] = ix
	}
	it := &item{replace: a.kind == "index" && a.id != ""}
	if a.id == "" {
		a.id = newUUID()
	}
	it.doc = &volume.Doc{Index: ix.ref(), ID: a.id, Time: in.doc.Time, Key: in.keyer.Key(&in.doc), Source: a.source, Tokens: in.tokens()}
	it.doc.Note(&in.doc)
	if f := in.s.firstVolume(volume.DayOf(in.doc.Time)); f != nil {
		f.Pack(it.doc)
	}
	return it, nil
}

func (in *intake) tokens() []byte {
	if cap(in.arena)-len(in.arena) < len(in.doc.Source) {
		in.arena = make([]byte, 0, max(arenaBytes, 2*len(in.doc.Source)))
	}
	free := in.arena[len(in.arena):]
	tokens := in.doc.AppendTokens(free)
	if len(tokens) <= cap(free) && len(tokens) > 0 { // otherwise append went elsewhere
		in.arena = in.arena[:len(in.arena)+len(tokens)]
	}
	return tokens[:len(tokens):len(tokens)]
}

// firstVolume returns the first open volume of a day, or nil.
func (s *Store) firstVolume(day int64) *volume.File {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if files := s.days[day]; len(files) > 0 {
		return files[0]
	}
	return nil
}
