package find

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/millrace/millrace/internal/elastic"
)

const (
	// fieldsFresh is how long the fields of an app are not asked for again.
	fieldsFresh = 10 * time.Second
	// fieldsKept bounds the apps whose fields are kept; then all are forgotten.
	fieldsKept = 100
	// fieldValues is how many values of a field are told, and valuesSpan of what time.
	fieldValues = 10
	valuesSpan  = day
)

// Field is a field that events have.
type Field struct {
	Name, Type string
	// Values are frequent values of the last day, of app, host and level only.
	Values []string
}

// fieldCache holds the fields of apps for a while.
type fieldCache struct {
	mu    sync.Mutex
	known map[string]cachedFields
}

type cachedFields struct {
	fields []Field
	until  time.Time
}

func (c *fieldCache) get(app string, now time.Time) ([]Field, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.known[app]
	return k.fields, ok && now.Before(k.until)
}

func (c *fieldCache) put(app string, fields []Field, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= fieldsKept {
		c.known = map[string]cachedFields{}
	}
	c.known[app] = cachedFields{fields, now.Add(fieldsFresh)}
}

// Fields are the fields of an app's events by name, or of all events. Nobody may change
// them. Errors wrap ErrUnavailable.
func (f *Finder) Fields(ctx context.Context, app string) ([]Field, error) {
	now := f.now()
	if fields, ok := f.fields.get(app, now); ok {
		return fields, nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r := &request{terms: map[string]string{}, app: app}
	fields, err := f.caps(ctx, r.indices(), true)
	if err != nil {
		return nil, err
	}
	if err := f.addValues(ctx, r, fields, now); err != nil {
		return nil, err
	}
	f.fields.put(app, fields, now)
	return fields, nil
}

// capsAnswer is what _field_caps answers.
type capsAnswer struct {
	Fields map[string]map[string]struct {
		Metadata bool `json:"metadata_field"`
	}
}

// caps asks for the fields. Stores of before 8.13 do not know how to leave out the
// ones that no event has.
func (f *Finder) caps(ctx context.Context, indices []string, used bool) ([]Field, error) {
	yes, no := true, false
	req := esapi.FieldCapsRequest{Index: indices, Fields: []string{"*"}, AllowNoIndices: &yes, IgnoreUnavailable: &yes}
	if used {
		req.IncludeEmptyFields = &no
	}
	res, err := req.Do(ctx, f.store)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer func() { _ = res.Body.Close() }() // it was read; nothing is lost with it
	if err := elastic.Check(res); err != nil {
		var refused *elastic.Error
		if used && errors.As(err, &refused) && refused.Status == http.StatusBadRequest {
			return f.caps(ctx, indices, false)
		}
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	var answer capsAnswer
	if err := json.NewDecoder(http.MaxBytesReader(nil, res.Body, maxAnswer)).Decode(&answer); err != nil {
		return nil, fmt.Errorf("%w: its answer cannot be read: %w", ErrUnavailable, err)
	}
	return answer.list(), nil
}

func (a *capsAnswer) list() []Field {
	fields := []Field{}
	for name, types := range a.Fields {
		best := ""
		for kind, about := range types {
			if !about.Metadata && kind != "object" && kind != "nested" && kind != "unmapped" && (best == "" || kind < best) {
				best = kind
			}
		}
		if parent, sub := strings.CutSuffix(name, ".text"); sub && a.Fields[parent] != nil {
			continue // another way to search the same field
		}
		if best != "" {
			fields = append(fields, Field{Name: name, Type: best, Values: []string{}})
		}
	}
	slices.SortFunc(fields, func(x, y Field) int { return strings.Compare(x.Name, y.Name) })
	return fields
}

// addValues adds frequent values to the fields that have facets.
func (f *Finder) addValues(ctx context.Context, r *request, fields []Field, now time.Time) error {
	from := now.Add(-valuesSpan)
	r.from = &from
	aggs := object{}
	for name, field := range facets {
		aggs[name] = object{"terms": object{"field": field, "size": fieldValues}}
	}
	raw, err := f.send(ctx, r.indices(), object{"query": r.dsl(), "size": 0, "track_total_hits": false, "aggs": aggs})
	if err != nil {
		return err
	}
	for name, values := range raw.facets() {
		for i := range fields {
			if fields[i].Name != facets[name] {
				continue
			}
			for _, v := range values {
				fields[i].Values = append(fields[i].Values, v.Value)
			}
		}
	}
	return nil
}
