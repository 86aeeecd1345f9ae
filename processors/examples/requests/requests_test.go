package requests_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/millrace/millrace/processors/examples/requests"
	"github.com/millrace/millrace/processors/tester"
)

const (
	ada   = `{"source":{"ip":"203.0.113.1"},"http":{"response":{"status_code":200,"body":{"bytes":500}}}}`
	grace = `{"source":{"address":"grace.example"},"http":{"response":{"body":{"bytes":7}}}}`
	empty = `{"source":{"ip":"203.0.113.1"},"http":{"response":{"status_code":304}}}`
	other = `{"message":"no request"}`
)

func TestClientsAreCountedByHost(t *testing.T) {
	p := tester.New(requests.Processor, nil)
	p.Events("shop", "web-1", ada, grace, other)
	p.Events("api", "web-1", ada, empty)
	p.Events("shop", "web-2", grace)
	p.Again() // as after a crash
	for host, want := range map[string]requests.Clients{
		"web-1": {"203.0.113.1": {Requests: 3, Bytes: 1000}, "grace.example": {Requests: 1, Bytes: 7}},
		"web-2": {"grace.example": {Requests: 1, Bytes: 7}},
	} {
		if diff := cmp.Diff(want, tester.Counted[requests.Clients](p, host)); diff != "" {
			t.Errorf("%s: %s", host, diff)
		}
	}
}

func TestMoreClientsThanAskedForAreAddedUp(t *testing.T) {
	p := tester.New(requests.Processor, map[string]string{"clients": "1"})
	p.Events("shop", "web-1", ada, grace, grace)
	want := requests.Clients{"203.0.113.1": {Requests: 1, Bytes: 500}, "other": {Requests: 2, Bytes: 14}}
	if diff := cmp.Diff(want, tester.Counted[requests.Clients](p, "web-1")); diff != "" {
		t.Error(diff)
	}
}
