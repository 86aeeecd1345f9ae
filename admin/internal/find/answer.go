package find

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Page is the answer to a search.
type Page struct {
	// Total is how many events match; at least so many where Exact is false.
	Total int64
	Exact bool
	Took  time.Duration
	Hits  []Hit
	// Histogram and Facets are those of all matching events, on the first page only.
	Histogram []Bucket
	Facets    map[string][]Value
	// Next is the cursor of the next page, empty on the last.
	Next string
	// Incomplete says why events may be missing, once for each reason; empty where none are.
	Incomplete []string
}

// Hit is one event.
type Hit struct {
	ID, Index string
	Event     json.RawMessage
}

// Bucket is how many events lie between At and the next bucket.
type Bucket struct {
	At    time.Time
	Count int64
}

// Value is how many events have a value.
type Value struct {
	Value string
	Count int64
}

// Facets by name and the field behind each.
var facets = map[string]string{"app": "service.name", "host": "host.name", "level": "log.level"}

// rawPage is what the store answers.
type rawPage struct {
	TimedOut bool `json:"timed_out"`
	Shards   struct {
		Failed   int `json:"failed"`
		Failures []struct {
			Reason struct {
				Reason string `json:"reason"`
			} `json:"reason"`
		} `json:"failures"`
	} `json:"_shards"`
	Hits struct {
		Total struct {
			Value    int64  `json:"value"`
			Relation string `json:"relation"`
		} `json:"total"`
		Hits []rawHit `json:"hits"`
	} `json:"hits"`
	Aggs map[string]struct {
		Buckets []rawBucket `json:"buckets"`
	} `json:"aggregations"`
}

type rawHit struct {
	Index  string            `json:"_index"`
	ID     string            `json:"_id"`
	Source json.RawMessage   `json:"_source"`
	Sort   []json.RawMessage `json:"sort"`
}

type rawBucket struct {
	Key   json.RawMessage `json:"key"`
	Count int64           `json:"doc_count"`
}

// text is the key of a bucket, a string in most cases.
func (b rawBucket) text() string {
	var s string
	if json.Unmarshal(b.Key, &s) == nil {
		return s
	}
	return string(b.Key)
}

func (b rawBucket) millis() (int64, error) {
	var ms json.Number
	dec := json.NewDecoder(bytes.NewReader(b.Key))
	dec.UseNumber()
	if err := dec.Decode(&ms); err != nil {
		return 0, fmt.Errorf("key of a histogram bucket: %w", err)
	}
	if n, err := ms.Int64(); err == nil {
		return n, nil
	}
	f, err := ms.Float64()
	return int64(f), err
}

// maxReasons bounds the reasons that are told.
const maxReasons = 5

// incomplete says why shards have not answered, if any have not.
func (p *rawPage) incomplete() []string {
	reasons := []string{}
	if p.Shards.Failed == 0 {
		return reasons
	}
	for _, f := range p.Shards.Failures {
		if !slices.Contains(reasons, f.Reason.Reason) && len(reasons) < maxReasons {
			reasons = append(reasons, f.Reason.Reason)
		}
	}
	if len(reasons) == 0 {
		reasons = append(reasons, fmt.Sprintf("%d shards of the search store have not answered", p.Shards.Failed))
	}
	return reasons
}

// page are the hits of a page, without those that were shown before.
func (p *rawPage) page(skip int) []rawHit {
	return p.Hits.Hits[min(skip, len(p.Hits.Hits)):]
}

func (p *rawPage) facets() map[string][]Value {
	out := make(map[string][]Value, len(facets))
	for name := range facets {
		buckets := p.Aggs[name].Buckets
		out[name] = make([]Value, len(buckets))
		for i, b := range buckets {
			out[name][i] = Value{Value: b.text(), Count: b.Count}
		}
	}
	return out
}

// histogram fills in the buckets without events, which the store leaves out: one
// event of the year 2999 would make it send a million of them.
func (p *rawPage) histogram(s span) ([]Bucket, error) {
	counts := map[int64]int64{}
	for _, b := range p.Aggs[histogramName].Buckets {
		ms, err := b.millis()
		if err != nil {
			return nil, err
		}
		counts[ms] = b.Count
	}
	var out []Bucket
	for at := s.first(); at < s.to.UnixMilli(); at += s.width.Milliseconds() {
		out = append(out, Bucket{At: time.UnixMilli(at).UTC(), Count: counts[at]})
	}
	return out, nil
}
