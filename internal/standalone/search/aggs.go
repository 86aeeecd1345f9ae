package search

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/standalone/search/dsl"
)

type dateBucket struct {
	KeyText string `json:"key_as_string"`
	Key     int64  `json:"key"`
	Count   int64  `json:"doc_count"`
}

type termBucket struct {
	Key   string `json:"key"`
	Count int64  `json:"doc_count"`
}

func renderAggs(aggs []dsl.Agg, ans *answer) ([]byte, error) {
	out := make(map[string]any, len(aggs))
	for _, a := range aggs {
		if a.Histogram == nil {
			out[a.Name] = renderTerms(a.Terms, ans.facets[a.Terms.Field])
			continue
		}
		buckets, err := dateBuckets(a.Histogram, ans.histograms[a.Name])
		if err != nil {
			return nil, err
		}
		out[a.Name] = map[string]any{"buckets": buckets}
	}
	return json.Marshal(out)
}

// dateBuckets orders buckets, and with a min_doc_count of 0 fills the gaps and reaches to the extended bounds.
func dateBuckets(h *dsl.Histogram, counts map[int64]int64) ([]dateBucket, error) {
	starts := make([]int64, 0, len(counts))
	for start := range counts {
		starts = append(starts, start)
	}
	if h.MinCount == 0 && h.Extended {
		starts = append(starts, h.Start(h.Low), h.Start(h.High))
	}
	slices.Sort(starts)
	starts = slices.Compact(starts)
	n := len(starts)
	if h.MinCount == 0 && n > 0 {
		n = int((starts[n-1]-starts[0])/h.Interval) + 1
	}
	if n > dsl.MaxBuckets {
		return nil, newError(400, "too_many_buckets_exception", fmt.Sprintf(
			"Trying to create too many buckets. Must be less than or equal to: [%d] but was [%d]. Use a longer interval", dsl.MaxBuckets, n))
	}
	if h.MinCount == 0 && n > len(starts) {
		first := starts[0]
		starts = starts[:0]
		for i := range n {
			starts = append(starts, first+int64(i)*h.Interval)
		}
	}
	buckets := make([]dateBucket, 0, len(starts))
	for _, start := range starts {
		if c := counts[start]; c >= h.MinCount {
			buckets = append(buckets, dateBucket{KeyText: keyText(h, start), Key: start, Count: c})
		}
	}
	return buckets, nil
}

func keyText(h *dsl.Histogram, ms int64) string {
	if h.Millis {
		return strconv.FormatInt(ms, 10)
	}
	return time.UnixMilli(ms).In(time.FixedZone("", int(h.Zone/1000))).Format("2006-01-02T15:04:05.000Z07:00")
}

func renderTerms(t *dsl.Terms, counts map[string]int64) map[string]any {
	buckets := make([]termBucket, 0, len(counts))
	for v, n := range counts {
		if n >= t.MinCount {
			buckets = append(buckets, termBucket{v, n})
		}
	}
	slices.SortFunc(buckets, func(a, b termBucket) int {
		byKey := strings.Compare(a.Key, b.Key)
		switch {
		case t.ByKey && t.Ascending:
			return byKey
		case t.ByKey:
			return -byKey
		case a.Count != b.Count && t.Ascending:
			return cmp.Compare(a.Count, b.Count)
		case a.Count != b.Count:
			return cmp.Compare(b.Count, a.Count)
		}
		return byKey
	})
	var others int64
	if len(buckets) > t.Size {
		for _, b := range buckets[t.Size:] {
			others += b.Count
		}
		buckets = buckets[:t.Size]
	}
	return map[string]any{"doc_count_error_upper_bound": 0, "sum_other_doc_count": others, "buckets": buckets}
}
