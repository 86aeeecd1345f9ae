package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/millrace/millrace/schemas/collect"
)

// Errors on which callers branch.
var (
	// ErrNotFound is returned when there is no such collection.
	ErrNotFound = errors.New("there is no such collection")
	// ErrStale is returned when the caller's condition does not hold.
	ErrStale = errors.New("the collection is not as the request demands")
	// ErrUnavailable is wrapped when etcd, or what must be prepared before a change,
	// does not answer. Nothing has changed, unless the answer itself got lost.
	ErrUnavailable = errors.New("unavailable")
	// ErrBroken is wrapped when etcd holds what is no collection. It can be replaced and
	// deleted as any other.
	ErrBroken = errors.New("it is broken")
)

const (
	// timeout bounds one request to etcd.
	timeout = 5 * time.Second
	// maxTries bounds how often an unconditional change is tried against others.
	maxTries = 10
)

// Store reads and changes collections. Safe for concurrent use.
type Store struct {
	client  func() (*clientv3.Client, error)
	prepare func(ctx context.Context, app string) error
}

// New makes a store. client gives the connection to etcd, or says why there is none
// yet; prepare makes what an app needs before its first revision is published.
func New(client func() (*clientv3.Client, error), prepare func(ctx context.Context, app string) error) *Store {
	return &Store{client: client, prepare: prepare}
}

// Stored is a collection as it stands in etcd.
type Stored struct {
	Name string
	collect.Head
	mod   int64
	fault error // the head cannot be read, and is zero
}

// Get reads one collection. Errors: ErrNotFound, ErrBroken, ErrUnavailable.
func (s *Store) Get(ctx context.Context, name string) (*Stored, error) {
	got, err := s.read(ctx, name)
	if err == nil && got == nil {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, name)
	}
	if err == nil && got.fault != nil {
		return nil, got.fault
	}
	return got, err
}

// read is Get with nil for a collection that is not there.
func (s *Store) read(ctx context.Context, name string) (*Stored, error) {
	client, err := s.client()
	if err != nil {
		return nil, fmt.Errorf("%w: etcd: %w", ErrUnavailable, err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp, err := client.Get(ctx, collect.HeadKey(name))
	if err != nil {
		return nil, fmt.Errorf("%w: etcd: %w", ErrUnavailable, err)
	}
	if len(resp.Kvs) == 0 {
		return nil, nil
	}
	return decode(resp.Kvs[0].Key, resp.Kvs[0].Value, resp.Kvs[0].ModRevision), nil
}

func decode(key, value []byte, mod int64) *Stored {
	s := &Stored{Name: strings.TrimPrefix(string(key), collect.KeyHeads), mod: mod}
	head, err := collect.DecodeHead(value)
	if err != nil {
		s.fault = fmt.Errorf("%w: etcd key %s: %w", ErrBroken, key, err)
		return s
	}
	s.Head = *head
	return s
}

// List reads all collections, by name. Errors: ErrUnavailable; with ErrBroken the list is
// whole but for those that are.
func (s *Store) List(ctx context.Context) ([]*Stored, error) {
	client, err := s.client()
	if err != nil {
		return nil, fmt.Errorf("%w: etcd: %w", ErrUnavailable, err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp, err := client.Get(ctx, collect.KeyHeads, clientv3.WithPrefix())
	if err != nil {
		return nil, fmt.Errorf("%w: etcd: %w", ErrUnavailable, err)
	}
	all := make([]*Stored, 0, len(resp.Kvs))
	var broken []error
	for _, kv := range resp.Kvs {
		one := decode(kv.Key, kv.Value, kv.ModRevision)
		if one.fault != nil {
			broken = append(broken, one.fault)
			continue
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b *Stored) int { return strings.Compare(a.Name, b.Name) })
	return all, errors.Join(broken...)
}

// Outcome is what Put has done.
type Outcome int

// The outcomes.
const (
	Unchanged Outcome = iota // it was already so; nothing was written
	Changed
	Created
)

// Put publishes a config. Errors: *InvalidError, ErrStale, ErrUnavailable.
func (s *Store) Put(ctx context.Context, name string, config []byte, want Condition) (*Collection, Outcome, error) {
	c, err := Check(name, config)
	if err != nil {
		return nil, Unchanged, err
	}
	prepared := false
	for range maxTries {
		old, err := s.expect(ctx, name, want)
		if err != nil {
			return nil, Unchanged, err
		}
		if old != nil && old.Rev == c.Rev {
			return c, Unchanged, nil
		}
		if !prepared {
			if err := s.prepare(ctx, c.App); err != nil {
				return nil, Unchanged, err
			}
			prepared = true
		}
		done, err := s.publish(ctx, c, old)
		if err != nil {
			return nil, Unchanged, err
		}
		switch {
		case done && old == nil:
			return c, Created, nil
		case done:
			return c, Changed, nil
		}
	}
	return nil, Unchanged, fmt.Errorf("%w: %s is being changed by others all the time", ErrUnavailable, name)
}

// expect reads the collection and holds it against the condition.
func (s *Store) expect(ctx context.Context, name string, want Condition) (*Stored, error) {
	old, err := s.read(ctx, name)
	if err != nil {
		return nil, err
	}
	if old == nil {
		if !want.holds(nil) {
			return nil, fmt.Errorf("%w: there is no collection %s", ErrStale, name)
		}
		return nil, nil
	}
	if !want.holds(&old.Rev) {
		return nil, fmt.Errorf("%w: %s is at revision %s", ErrStale, name, old.Rev)
	}
	return old, nil
}

// publish writes all keys of a revision, provided that the head is still the one
// that was read. It reports whether it was.
func (s *Store) publish(ctx context.Context, c *Collection, old *Stored) (bool, error) {
	head, view, err := c.values()
	if err != nil {
		return false, err
	}
	revKey := collect.RevisionKey(c.Rev)
	keep := clientv3.OpTxn( // an old revision comes back: it is there and stays as it is
		[]clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(revKey), "=", 0)},
		[]clientv3.Op{clientv3.OpPut(revKey, string(c.Canonical))}, nil)
	return s.commit(ctx, c.Name, old,
		clientv3.OpPut(collect.HeadKey(c.Name), string(head)), clientv3.OpPut(collect.AgentKey(c.Name), string(view)), keep)
}

// commit carries out ops if the head of the collection is still the one that was
// read, nil for none.
func (s *Store) commit(ctx context.Context, name string, old *Stored, ops ...clientv3.Op) (bool, error) {
	client, err := s.client()
	if err != nil {
		return false, fmt.Errorf("%w: etcd: %w", ErrUnavailable, err)
	}
	var mod int64 // that of a key that does not exist
	if old != nil {
		mod = old.mod
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp, err := client.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(collect.HeadKey(name)), "=", mod)).Then(ops...).Commit()
	if err != nil {
		return false, fmt.Errorf("%w: etcd: %w", ErrUnavailable, err)
	}
	return resp.Succeeded, nil
}

// Delete ends a collection: agents let go of its files. Its revisions stay. Errors:
// ErrNotFound, ErrStale, ErrUnavailable.
func (s *Store) Delete(ctx context.Context, name string, want Condition) error {
	for range maxTries {
		old, err := s.expect(ctx, name, want)
		if err != nil {
			return err
		}
		if old == nil {
			return fmt.Errorf("%w: %s", ErrNotFound, name)
		}
		done, err := s.commit(ctx, name, old, clientv3.OpDelete(collect.HeadKey(name)), clientv3.OpDelete(collect.AgentKey(name)))
		if err != nil || done {
			return err
		}
	}
	return fmt.Errorf("%w: %s is being changed by others all the time", ErrUnavailable, name)
}

// Ready reports whether etcd answers.
func (s *Store) Ready(ctx context.Context) error {
	_, err := s.read(ctx, "-")
	return err
}

// encode is JSON without the escapes that are only for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
