package flow

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/stage"
	"github.com/millrace/millrace/schemas/topic"
)

const (
	// lagFresh is how long lags are not asked for again, whoever wants to know.
	lagFresh = 2 * time.Second
	// lagTimeout bounds asking.
	lagTimeout = 3 * time.Second
)

// lags are how many records each stage has not settled yet. What is told is at most
// lagFresh old, unless Kafka does not answer: then it is what was known last.
type lags struct {
	cfg kafka.Config
	log *slog.Logger

	mu     sync.Mutex
	dialer *kafka.Dialer
	admin  sarama.ClusterAdmin // closes client too
	client sarama.Client
	known  map[string]int64
	asked  time.Time
}

func newLags(cfg kafka.Config, log *slog.Logger) *lags { return &lags{cfg: cfg, log: log} }

// get returns lags by stage, those of extra processors by their names. Nobody may change
// them.
func (l *lags) get(ctx context.Context, extras []string) map[string]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.asked) < lagFresh {
		return l.known
	}
	ctx, cancel := context.WithTimeout(ctx, lagTimeout)
	defer cancel()
	known, err := l.ask(ctx, extras)
	l.asked = time.Now()
	if err != nil {
		l.closeLocked()
		l.log.Debug("lags cannot be asked for", "error", err)
		return l.known
	}
	l.known = known
	return known
}

func (l *lags) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closeLocked()
}

func (l *lags) closeLocked() {
	if l.dialer != nil {
		l.dialer.Kill()
	}
	if l.admin != nil {
		_ = l.admin.Close() // it is broken or no longer needed
	} else if l.client != nil {
		_ = l.client.Close() // as the admin
	}
	l.dialer, l.admin, l.client = nil, nil, nil
}

func (l *lags) open() (err error) {
	sc, err := l.cfg.Sarama()
	if err != nil {
		return err
	}
	l.dialer.Use(sc)
	if l.client, err = sarama.NewClient(l.cfg.Brokers, sc); err != nil {
		return err
	}
	l.admin, err = sarama.NewClusterAdminFromClient(l.client)
	return err
}

// ask compares the groups' committed offsets with the ends of their topics.
func (l *lags) ask(ctx context.Context, extras []string) (map[string]int64, error) {
	if l.dialer == nil {
		l.dialer = kafka.NewDialer()
	}
	defer context.AfterFunc(ctx, l.dialer.Kill)()
	if l.admin == nil {
		if err := l.open(); err != nil {
			return nil, err
		}
	}
	groups, err := l.admin.ListConsumerGroups()
	if err != nil {
		return nil, fmt.Errorf("groups: %w", err)
	}
	topics, err := l.client.Topics()
	if err != nil {
		return nil, fmt.Errorf("topics: %w", err)
	}
	commits := map[string]offsets{stage.Enrich: {}, stage.Fleet: {}, stage.Indexer: {}, stage.Adopt: {}}
	for _, name := range topics {
		for stageName, all := range commits {
			if !reads(stageName, name) {
				continue
			}
			partitions, err := l.client.Partitions(name)
			if err != nil {
				return nil, fmt.Errorf("topic %s: %w", name, err)
			}
			for _, n := range partitions {
				all[place{name, n}] = none
			}
		}
	}
	for _, name := range extras {
		commits[name] = offsets{}
	}
	for group := range groups {
		if s, ok := stageOf(group, extras); ok {
			if err := l.committed(group, s, commits[s]); err != nil {
				return nil, err
			}
		}
	}
	return l.compare(commits)
}

// none is the offset of a partition in which a group has committed nothing.
const none = -1

type place struct {
	topic     string
	partition int32
}

type offsets map[place]int64

// reads reports whether a stage reads a topic, committed or not. What adopt and extra
// processors read is known by what their groups have committed only.
func reads(stageName, name string) bool {
	_, app := topic.AppOf(name)
	switch stageName {
	case stage.Enrich:
		return name == topic.Raw
	case stage.Fleet:
		return name == topic.Agents
	case stage.Indexer:
		return app
	}
	return false
}

// stageOf is the stage that a consumer group belongs to.
func stageOf(group string, extras []string) (string, bool) {
	switch {
	case slices.Contains(extras, group):
		return group, true
	case group == topic.GroupEnrich:
		return stage.Enrich, true
	case group == topic.GroupFleet:
		return stage.Fleet, true
	case group == topic.GroupIndexer:
		return stage.Indexer, true
	case strings.HasPrefix(group, topic.GroupAdopt+"-"):
		return stage.Adopt, true
	}
	return "", false
}

// committed adds what a group of a stage has committed.
func (l *lags) committed(group, stageName string, all offsets) error {
	resp, err := l.admin.ListConsumerGroupOffsets(group, nil)
	if err != nil {
		return fmt.Errorf("offsets of %s: %w", group, err)
	}
	ours := stageName != stage.Adopt && stage.Own(stageName) // its topics are known
	for name, partitions := range resp.Blocks {
		for n, block := range partitions {
			at := place{name, n}
			if _, known := all[at]; block.Offset >= 0 && (known || !ours) {
				all[at] = block.Offset
			}
		}
	}
	return nil
}

// compare turns commits into lags.
func (l *lags) compare(commits map[string]offsets) (map[string]int64, error) {
	var every, uncommitted []place
	for _, all := range commits {
		for at, offset := range all {
			every = append(every, at)
			if offset == none {
				uncommitted = append(uncommitted, at)
			}
		}
	}
	ends, err := l.at(every, sarama.OffsetNewest)
	if err != nil {
		return nil, err
	}
	starts, err := l.at(uncommitted, sarama.OffsetOldest)
	if err != nil {
		return nil, err
	}
	known := make(map[string]int64, len(commits))
	for name, all := range commits {
		for at, offset := range all {
			if offset == none {
				offset = starts[at]
			}
			if end, ok := ends[at]; ok {
				known[name] += max(0, end-offset)
			}
		}
	}
	return known, nil
}

// at asks for the offsets at a time, with one request to each broker.
func (l *lags) at(places []place, when int64) (offsets, error) {
	requests := map[*sarama.Broker]*sarama.OffsetRequest{}
	asked := map[*sarama.Broker][]place{}
	for _, p := range places {
		leader, err := l.client.Leader(p.topic, p.partition)
		if err != nil {
			return nil, fmt.Errorf("topic %s: %w", p.topic, err)
		}
		if requests[leader] == nil {
			requests[leader] = sarama.NewOffsetRequest(l.client.Config().Version)
		}
		requests[leader].AddBlock(p.topic, p.partition, when, 1)
		asked[leader] = append(asked[leader], p)
	}
	found := offsets{}
	for broker, request := range requests {
		resp, err := broker.GetAvailableOffsets(request)
		if err != nil {
			return nil, fmt.Errorf("offsets: %w", err)
		}
		for _, p := range asked[broker] {
			if block := resp.GetBlock(p.topic, p.partition); block != nil && block.Err == sarama.ErrNoError {
				found[p] = block.Offset
			}
		}
	}
	return found, nil
}
