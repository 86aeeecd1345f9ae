package roster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/millrace/millrace/schemas/member"
)

// Entry is a member, and the duties that it leads.
type Entry struct {
	member.Member
	Leads []string
}

// List reads the roster, sorted by role and time. What cannot be read is left out.
func List(ctx context.Context, client *clientv3.Client) ([]Entry, error) {
	resp, err := client.Txn(ctx).Then(
		clientv3.OpGet(member.KeyMembers, clientv3.WithPrefix()),
		clientv3.OpGet(member.KeyLeaders, clientv3.WithPrefix(), clientv3.WithSort(clientv3.SortByCreateRevision, clientv3.SortAscend)),
	).Commit()
	if err != nil {
		return nil, fmt.Errorf("roster: %w", err)
	}
	leads := map[string][]string{} // duties by member
	taken := map[string]bool{}
	for _, kv := range resp.Responses[1].GetResponseRange().Kvs {
		if duty := member.DutyOf(string(kv.Key)); !taken[duty] { // the oldest candidate
			taken[duty] = true
			leads[string(kv.Value)] = append(leads[string(kv.Value)], duty)
		}
	}
	var all []Entry
	for _, kv := range resp.Responses[0].GetResponseRange().Kvs {
		if m, err := member.Decode(kv.Value); err == nil {
			all = append(all, Entry{*m, leads[m.ID]})
		}
	}
	slices.SortFunc(all, func(a, b Entry) int {
		if c := strings.Compare(a.Role, b.Role); c != 0 {
			return c
		}
		return a.Since.Compare(b.Since)
	})
	return all, nil
}
