package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// indices are those of every app.
const indices = "logs-*"

// scanSize is how many events are read at once, and askLimit how long one request
// may take: the store may be down.
const (
	scanSize = 2000
	askLimit = 30 * time.Second
)

// index reads the search store directly, past every broken wire.
type index struct{ url string }

// hit is an event as the index has it.
type hit struct {
	Source struct {
		Message string `json:"message"`
	} `json:"_source"`
	Sort []json.RawMessage `json:"sort"`
}

type hits struct {
	PIT  string `json:"pit_id"`
	Hits struct {
		Hits []hit `json:"hits"`
	} `json:"hits"`
}

// ask sends a request and decodes the answer.
func (x index) ask(ctx context.Context, method, path string, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, x.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 500)) // what was read of it says enough
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	return json.NewDecoder(resp.Body).Decode(answer)
}

// count is how many events there are.
func (x index) count(ctx context.Context) (int, error) {
	if err := x.ask(ctx, http.MethodPost, "/"+indices+"/_refresh", nil, &struct{}{}); err != nil {
		return 0, err
	}
	var answer struct{ Count int }
	err := x.ask(ctx, http.MethodPost, "/"+indices+"/_count", nil, &answer)
	return answer.Count, err
}

// with is how many events have a value in a field.
func (x index) with(ctx context.Context, field, value string) (int, error) {
	var answer struct{ Count int }
	query := map[string]any{"query": map[string]any{"term": map[string]string{field: value}}}
	err := x.ask(ctx, http.MethodPost, "/"+indices+"/_count", query, &answer)
	return answer.Count, err
}

// all calls found with the message of every event, at one moment in time.
func (x index) all(ctx context.Context, found func(message string)) error {
	var pit struct{ ID string }
	if err := x.ask(ctx, http.MethodPost, "/"+indices+"/_pit?keep_alive=5m", nil, &pit); err != nil {
		return err
	}
	query := map[string]any{
		"size": scanSize, "track_total_hits": false, "_source": []string{"message"}, "sort": []any{map[string]string{"_shard_doc": "asc"}},
	}
	for {
		query["pit"] = map[string]string{"id": pit.ID, "keep_alive": "5m"}
		var page hits
		if err := x.ask(ctx, http.MethodPost, "/_search", query, &page); err != nil {
			return err
		}
		for _, h := range page.Hits.Hits {
			found(h.Source.Message)
		}
		n := len(page.Hits.Hits)
		if n == 0 {
			return nil
		}
		query["search_after"], pit.ID = page.Hits.Hits[n-1].Sort, page.PIT
	}
}

// has says whether the line of that number is there.
func (x index) has(ctx context.Context, file string, n int) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	begin := fmt.Sprintf("%s %d ", file, n)
	var page hits
	err := x.ask(ctx, http.MethodPost, "/"+indices+"/_search", map[string]any{
		"size": 10, "_source": []string{"message"}, "query": map[string]any{"match_phrase": map[string]string{"message": begin}},
	}, &page)
	if err != nil {
		return false
	}
	for _, h := range page.Hits.Hits {
		if strings.HasPrefix(h.Source.Message, begin) {
			return true
		}
	}
	return false
}

// behind are the messages of a file from an offset on.
func (x index) behind(ctx context.Context, path string, offset int64) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var page hits
	err := x.ask(ctx, http.MethodPost, "/"+indices+"/_search", map[string]any{
		"size": 5000, "_source": []string{"message"}, "query": map[string]any{"bool": map[string]any{"filter": []any{
			map[string]any{"term": map[string]string{"log.file.path": path}},
			map[string]any{"range": map[string]any{"log.offset": map[string]int64{"gte": offset}}},
		}}},
	}, &page)
	var texts []string
	for _, h := range page.Hits.Hits {
		texts = append(texts, h.Source.Message)
	}
	return texts, err
}
