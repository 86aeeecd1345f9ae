package bulk_test

import (
	"slices"
	"testing"

	"github.com/millrace/millrace/indexer/internal/bulk"
)

// The answers are those of Elasticsearch 8.19.
func TestRefusal(t *testing.T) {
	for name, tc := range map[string]struct {
		result bulk.Result
		cause  string
		whole  bool
	}{
		"shards are away":       {bulk.Result{Status: 503, Type: "unavailable_shards_exception"}, bulk.WaitUnavailable, true},
		"the index is closed":   {bulk.Result{Status: 400, Type: "index_closed_exception"}, bulk.WaitBlocked, true},
		"the disk is full":      {bulk.Result{Status: 429, Type: "cluster_block_exception", Reason: "[TOO_MANY_REQUESTS/12/disk usage]"}, bulk.WaitBlocked, true},
		"all is read-only":      {bulk.Result{Status: 403, Type: "cluster_block_exception", Reason: "[FORBIDDEN/6/cluster read-only (api)]"}, bulk.WaitBlocked, true},
		"we have no rights":     {bulk.Result{Status: 403, Type: "security_exception"}, bulk.WaitBlocked, true},
		"the index is missing":  {bulk.Result{Status: 404, Type: "index_not_found_exception"}, bulk.WaitMissing, true},
		"the node is busy":      {bulk.Result{Status: 429, Type: "es_rejected_execution_exception"}, bulk.WaitOverload, false},
		"the store has a fault": {bulk.Result{Status: 500, Type: "null_pointer_exception"}, bulk.WaitError, false},
		"something new":         {bulk.Result{Status: 599}, bulk.WaitError, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := tc.result.Refusal()
			if got.Cause != tc.cause || got.Whole() != tc.whole || got.Text == "" {
				t.Errorf("got %+v, whole %v; want %s, %v", got, got.Whole(), tc.cause, tc.whole)
			}
			if !slices.Contains(bulk.WaitCauses, got.Cause) {
				t.Errorf("cause %q is not listed", got.Cause)
			}
		})
	}
}
