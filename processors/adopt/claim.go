package adopt

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/revision"
)

// claim is a collection's right to a foreign topic.
type claim struct {
	collection *collect.Collection
	rev        revision.ID
}

// claimsOf reads the heads of all collections (values by etcd key) and decides who has
// which topic. A head that cannot be read claims nothing and is in the error.
func claimsOf(heads map[string][]byte) (map[string]*claim, error) {
	claims := map[string]*claim{}
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(heads)) {
		c, err := readClaim(strings.TrimPrefix(key, collect.KeyHeads), heads[key])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, name := range c.collection.Topics {
			// Keys come by name: of equals the first stays.
			if have, ok := claims[name]; !ok || c.collection.Priority > have.collection.Priority {
				claims[name] = c
			}
		}
	}
	return claims, errors.Join(errs...)
}

func readClaim(name string, value []byte) (*claim, error) {
	head, err := collect.DecodeHead(value)
	if err != nil {
		return nil, fmt.Errorf("collection %s: %w", name, err)
	}
	c, problems := collect.Parse(name, head.Config)
	if len(problems) > 0 {
		return nil, fmt.Errorf("collection %s: %s", name, problems[0])
	}
	return &claim{collection: c, rev: head.Rev}, nil
}
