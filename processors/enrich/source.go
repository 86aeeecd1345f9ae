package enrich

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/revision"
)

// etcdSource reads revisions from etcd. It connects when it is first asked, so
// that enrich starts on what it has on disk while etcd is away.
type etcdSource struct {
	cfg etcd.Config
	log *slog.Logger

	mu     sync.Mutex
	client *clientv3.Client // nil until the first fetch
}

// fetch is a revisions.Source.
func (s *etcdSource) fetch(ctx context.Context, id revision.ID) ([]byte, error) {
	client, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := client.Get(ctx, collect.RevisionKey(id))
	if err != nil {
		return nil, s.cfg.Explain(ctx, fmt.Errorf("etcd: read %s: %w", collect.RevisionKey(id), err))
	}
	if len(resp.Kvs) == 0 {
		return nil, nil
	}
	return resp.Kvs[0].Value, nil
}

func (s *etcdSource) connect(ctx context.Context) (*clientv3.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.client, nil
	}
	client, err := etcd.Dial(ctx, s.cfg, s.log)
	if err != nil {
		return nil, err
	}
	s.client = client
	return client, nil
}

func (s *etcdSource) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		return nil
	}
	return s.client.Close()
}
