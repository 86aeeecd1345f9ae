package bulk_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/millrace/millrace/indexer/internal/bulk"
)

func asPoison(err error, p **bulk.PoisonError) bool { return errors.As(err, p) }

func TestReadAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		answer string
		docs   int
		want   []bulk.Result
		bad    bool
	}{
		"all created":                   {`{"errors":false,"items":[{"create":{"status":201}}]}`, 1, nil, false},
		"all created, in another order": {`{"took":3, "errors": false}`, 9, nil, false},
		"one was there": {
			`{"errors":true,"items":[{"create":{"status":201}},{"create":{"status":409,"error":{"type":"v","reason":"r"}}}]}`, 2,
			[]bulk.Result{{Status: 201}, {Status: 409, Type: "v", Reason: "r"}},
			false,
		},
		"a cause behind the reason": {
			`{"errors":true,"items":[{"create":{"status":400,"error":{"type":"t","reason":"r","caused_by":{"reason":"c"}}}}]}`, 1,
			[]bulk.Result{{Status: 400, Type: "t", Reason: "r: c"}},
			false,
		},
		"diverted without an error": {
			`{"errors":false,"items":[{"create":{"status":201,"failure_store":"used"}}]}`, 1,
			[]bulk.Result{{Status: 201, Diverted: true}},
			false,
		},
		"all created of too few": {`{"errors":false,"items":[{"create":{"status":201}}]}`, 2, nil, true},
		"too few items":          {`{"errors":true,"items":[{"create":{"status":201}}]}`, 2, nil, true},
		"an item of two":         {`{"errors":true,"items":[{"create":{},"index":{}}]}`, 1, nil, true},
		"no word of errors":      {`{"items":[]}`, 0, nil, true},
		"cut short":              {`{"errors":true,"items":[{"crea`, 1, nil, true},
		"a page of a proxy":      {`<html>`, 1, nil, true},
		"nothing":                {``, 1, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := bulk.ReadAnswer([]byte(tc.answer), tc.docs)
			if (err != nil) != tc.bad || (err != nil && !errors.Is(err, bulk.ErrAnswer)) {
				t.Fatalf("error %v", err)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestVerdict(t *testing.T) {
	for name, tc := range map[string]struct {
		result bulk.Result
		want   bulk.Verdict
	}{
		"created":              {bulk.Result{Status: 201}, bulk.Created},
		"there already":        {bulk.Result{Status: 409}, bulk.Duplicate},
		"overloaded":           {bulk.Result{Status: 429}, bulk.Overloaded},
		"shard away":           {bulk.Result{Status: 503}, bulk.Again},
		"read-only":            {bulk.Result{Status: 403}, bulk.Again},
		"something new":        {bulk.Result{Status: 599}, bulk.Again},
		"no status":            {bulk.Result{}, bulk.Again},
		"index missing":        {bulk.Result{Status: 404}, bulk.NoIndex},
		"mapping conflict":     {bulk.Result{Status: 400}, bulk.Misfit},
		"closed":               {bulk.Result{Status: 400, Type: "index_closed_exception"}, bulk.Blocked},
		"put away":             {bulk.Result{Status: 403, Type: "cluster_block_exception", Reason: "[FORBIDDEN/8/index write (api)]"}, bulk.Blocked},
		"all is read-only":     {bulk.Result{Status: 403, Type: "cluster_block_exception", Reason: "[FORBIDDEN/6/cluster read-only (api)]"}, bulk.Again},
		"the disk is full":     {bulk.Result{Status: 429, Type: "cluster_block_exception", Reason: "[TOO_MANY_REQUESTS/12/disk usage]"}, bulk.Again},
		"document too large":   {bulk.Result{Status: 413}, bulk.Refused},
		"in the failure store": {bulk.Result{Status: 201, Diverted: true}, bulk.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.result.Verdict(); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// FuzzReadAnswer: no answer panics, and results fit the documents.
func FuzzReadAnswer(f *testing.F) {
	f.Add([]byte(`{"errors":false}`), 1)
	f.Add([]byte(`{"errors":true,"items":[{"create":{"status":400,"error":{"type":"t","reason":"r","caused_by":{"reason":"c"}}}}]}`), 1)
	f.Add([]byte(`{"errors":true,"items":[{"create":{"status":201,"failure_store":"used"}},{"create":null}]}`), 2)
	f.Fuzz(func(t *testing.T, answer []byte, docs int) {
		results, err := bulk.ReadAnswer(answer, docs)
		if err != nil {
			if results != nil || !errors.Is(err, bulk.ErrAnswer) {
				t.Errorf("results %v with error %v", results, err)
			}
			return
		}
		if results != nil && len(results) != docs {
			t.Errorf("%d results for %d documents", len(results), docs)
		}
	})
}

func TestRepair(t *testing.T) {
	const misfit = "[1:2] failed to parse field [a.b] of type [long] in document with id 'x'. Preview of field's value: 'y': For input"
	for name, tc := range map[string]struct {
		reason, doc string
		want        string // empty: not repaired
	}{
		"a nested field": {
			misfit, `{"a":{"b":"y","c":1}}`,
			`{"a":{"c":1},"millrace":{"overflow":{"a.b":"y"}},"tags":["_mapping_conflict"]}`,
		},
		"a field with a dot in its key": {
			misfit, `{"a.b":"y","tags":"one"}`,
			`{"millrace":{"overflow":{"a.b":"y"}},"tags":["one","_mapping_conflict"]}`,
		},
		"an object that is left empty goes": {
			misfit, `{"a":{"b":{"c":[1,2]}}}`,
			`{"millrace":{"overflow":{"a.b":{"c":[1,2]}}},"tags":["_mapping_conflict"]}`,
		},
		"a list on the way moves as a whole": {
			misfit, `{"a":[{"b":1},{"b":"y"}]}`,
			`{"millrace":{"overflow":{"a.b":[{"b":1},{"b":"y"}]}},"tags":["_mapping_conflict"]}`,
		},
		"what millrace holds stays": {
			misfit, `{"a":{"b":1.50},"millrace":{"revision":"r","overflow":{"x":1}}}`,
			`{"millrace":{"overflow":{"a.b":1.50,"x":1},"revision":"r"},"tags":["_mapping_conflict"]}`,
		},
		"an object that should be a value": {
			"object mapping for [a] tried to parse field [a] as object, but found a concrete value", `{"a":1}`,
			`{"millrace":{"overflow":{"a":1}},"tags":["_mapping_conflict"]}`,
		},
		"a mapper that cannot change": {
			"mapper [a.b] cannot be changed from type [long] to [text]", `{"a":{"b":"y"}}`,
			`{"millrace":{"overflow":{"a.b":"y"}},"tags":["_mapping_conflict"]}`,
		},
		"a field that is not there":        {misfit, `{"a":{"c":1}}`, ""},
		"a reason without a field":         {"something is wrong", `{"a":{"b":1}}`, ""},
		"the time itself":                  {"failed to parse field [@timestamp] of type [date]", `{"@timestamp":"x"}`, ""},
		"a document that is not JSON":      {misfit, `{"a":`, ""},
		"a document that is a list":        {misfit, `[1]`, ""},
		"millrace is something else there": {misfit, `{"a":{"b":1},"millrace":3}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			it := bulk.Item{Doc: []byte(tc.doc + "\n")}
			ok := it.Repair(&bulk.Result{Status: 400, Reason: tc.reason})
			if ok != (tc.want != "") {
				t.Fatalf("repaired %v", ok)
			}
			if ok && string(it.Doc) != tc.want+"\n" {
				t.Errorf("got %s, want %s", it.Doc, tc.want)
			}
			if !ok && string(it.Doc) != tc.doc+"\n" {
				t.Errorf("the document was changed to %s", it.Doc)
			}
		})
	}
}

func TestRepairEnds(t *testing.T) {
	it := bulk.Item{Doc: []byte(`{"a":{"b":1},"millrace":{}}` + "\n")}
	n := 0
	for it.Repair(&bulk.Result{Reason: "failed to parse field [millrace.overflow.a.b]"}) || it.Repair(&bulk.Result{Reason: "failed to parse field [a.b]"}) {
		if n++; n > 10 {
			t.Fatal("a document is repaired without end")
		}
	}
}
