package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/index"
)

// An index remembers its retention in its mapping:
//
//	{"_meta": {"millrace": {"retention_days": 30}}}
//
// The store lets nobody compare and set it. So one process raises one index at a
// time, and what a member knows to be there and does not find any more, because
// another has raised from the same value, it writes again (see Indices).
const (
	metaKey      = "millrace"
	retentionKey = "retention_days"
)

// Ensure makes an index unless it is known to exist, and raises the retention that
// it remembers to the one given. Of one that was put away its documents tell: that is
// no error.
func (s *Store) Ensure(ctx context.Context, ix bulk.Index) error {
	return unlessPutAway(s.ensure(ctx, ix))
}

// unlessPutAway is nil for an error that says that an index was put away.
func unlessPutAway(err error) error {
	var e *elastic.Error
	if errors.As(err, &e) && bulk.PutAway(e.Type, e.Reason) {
		return nil
	}
	return err
}

func (s *Store) ensure(ctx context.Context, ix bulk.Index) error {
	days, known := s.known.Get(ix.Name)
	if known && days >= ix.Retention {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	if known {
		return s.raise(ctx, ix)
	}
	body, err := json.Marshal(map[string]any{"mappings": map[string]any{"_meta": withRetention(nil, ix.Retention)}})
	if err != nil {
		return err
	}
	// Documents wait for its shards by themselves, where these are not put anywhere.
	err = s.do(ctx, esapi.IndicesCreateRequest{Index: ix.Name, Body: bytes.NewReader(body), WaitForActiveShards: "0"}, nil)
	var e *elastic.Error
	if errors.As(err, &e) && (e.Type == "resource_already_exists_exception" || isAlias(e)) {
		return s.raise(ctx, ix)
	}
	if err != nil {
		return fmt.Errorf("create index %s: %w", ix.Name, err)
	}
	s.known.Add(ix.Name, ix.Retention)
	return nil
}

// isAlias reports whether an index is not made because its name is that of an alias: who
// shrinks an index, or makes a snapshot of it that is searched, leaves one in its place.
func isAlias(e *elastic.Error) bool {
	return e.Type == "invalid_index_name_exception" && strings.Contains(e.Reason, "already exists as alias")
}

// raise sees to it that an index that exists remembers at least a retention. It
// keeps what others have put into the index's _meta, which the store only replaces
// as a whole.
func (s *Store) raise(ctx context.Context, ix bulk.Index) error {
	s.raising.Lock()
	defer s.raising.Unlock()
	var found map[string]struct {
		Mappings struct {
			Meta map[string]any `json:"_meta"`
		} `json:"mappings"`
	}
	err := s.do(ctx, esapi.IndicesGetMappingRequest{Index: []string{ix.Name}, FilterPath: []string{"*.mappings._meta"}}, decodeInto(&found))
	if err != nil {
		s.known.Remove(ix.Name) // it may be gone
		return fmt.Errorf("read the retention of index %s: %w", ix.Name, err)
	}
	var meta map[string]any
	for _, one := range found { // which has another name where ours is an alias
		meta = one.Mappings.Meta
	}
	ours, _ := meta[metaKey].(map[string]any)
	if days := daysOf(ours[retentionKey]); days >= ix.Retention {
		s.known.Add(ix.Name, days)
		return nil
	}
	body, err := json.Marshal(map[string]any{"_meta": withRetention(meta, ix.Retention)})
	if err != nil {
		return err
	}
	if err := s.do(ctx, esapi.IndicesPutMappingRequest{Index: []string{ix.Name}, Body: bytes.NewReader(body)}, nil); err != nil {
		s.known.Remove(ix.Name)
		return fmt.Errorf("raise the retention of index %s: %w", ix.Name, err)
	}
	s.known.Add(ix.Name, ix.Retention)
	return nil
}

// withRetention puts a retention into an index's _meta.
func withRetention(meta map[string]any, days uint32) map[string]any {
	if meta == nil {
		meta = map[string]any{}
	}
	ours, ok := meta[metaKey].(map[string]any)
	if !ok {
		ours = map[string]any{}
		meta[metaKey] = ours
	}
	ours[retentionKey] = days
	return meta
}

// daysOf is a retention as an index remembers it, 0 where it is none.
func daysOf(v any) uint32 {
	days, ok := v.(float64)
	if !ok || days < 1 {
		return 0
	}
	return uint32(min(days, collect.MaxRetention))
}

// Forget says that an index turned out to be missing.
func (s *Store) Forget(name string) { s.known.Remove(name) }

// Indices lists the indices that match index.Pattern by name; the retention is 0
// where an index remembers none.
func (s *Store) Indices(ctx context.Context) ([]bulk.Index, error) {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	var rows []struct {
		Index string `json:"index"`
	}
	req := esapi.CatIndicesRequest{
		Index: []string{index.Pattern}, Format: "json", H: []string{"index"}, ExpandWildcards: "open,closed",
	}
	if err := s.do(ctx, req, decodeInto(&rows)); err != nil {
		return nil, fmt.Errorf("list indices: %w", err)
	}
	days, err := s.retentions(ctx) // after the names, or a new index would seem to remember none
	if err != nil {
		return nil, err
	}
	list := make([]bulk.Index, len(rows))
	for i := range rows {
		ix := bulk.Index{Name: rows[i].Index, Retention: days[rows[i].Index]}
		if known, ok := s.known.Peek(ix.Name); ok && known > ix.Retention {
			ix.Retention = known
			if err := unlessPutAway(s.raise(ctx, ix)); err != nil {
				return nil, err
			}
		}
		list[i] = ix
	}
	slices.SortFunc(list, func(a, b bulk.Index) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// retentions reads what our indices remember.
func (s *Store) retentions(ctx context.Context) (map[string]uint32, error) {
	var found map[string]struct {
		Mappings struct {
			Meta struct {
				Ours struct {
					Days any `json:"retention_days"`
				} `json:"millrace"`
			} `json:"_meta"`
		} `json:"mappings"`
	}
	req := esapi.IndicesGetMappingRequest{
		Index: []string{index.Pattern}, ExpandWildcards: "open,closed",
		FilterPath: []string{"*.mappings._meta." + metaKey + "." + retentionKey},
	}
	if err := s.do(ctx, req, decodeInto(&found)); err != nil {
		return nil, fmt.Errorf("read the retention of indices: %w", err)
	}
	days := make(map[string]uint32, len(found))
	for name := range found {
		days[name] = daysOf(found[name].Mappings.Meta.Ours.Days)
	}
	return days, nil
}

// Delete deletes one index by its exact name; one that is missing is no error.
func (s *Store) Delete(ctx context.Context, name string) error {
	if _, err := index.Parse(name); err != nil {
		return fmt.Errorf("delete index: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	s.known.Remove(name)
	err := s.do(ctx, esapi.IndicesDeleteRequest{Index: []string{name}}, nil)
	var e *elastic.Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("delete index %s: %w", name, err)
	}
	return nil
}
