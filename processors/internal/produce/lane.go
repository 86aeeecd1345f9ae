package produce

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/kafka/franz"
)

const (
	// maxRecords and maxBytes are how much a lane holds before those who push wait.
	maxRecords = 10_000
	maxBytes   = 64 << 20
)

// lane is one life of a producer: its own clients, so that killing it stops what is in
// flight.
type lane struct {
	client *kgo.Client
	single *kgo.Client // puts each record into a batch of its own
	ended  func(*item, error)
	silent func(*lane, error) // told of brokers that do not answer

	stop chan struct{} // closed first when the lane is killed
	wake chan struct{} // something waits to be sent again; one note is enough
	// wakeApart is wake for what waits to be sent again in a batch of its own
	wakeApart chan struct{}
	turn      chan struct{} // the turn of a table emit has come; one note is enough
	dead      chan struct{} // closed when the lane's goroutines have ended
	once      sync.Once

	offline atomic.Pointer[error] // why the last connection could not be made; nil: it was
}

// openLane makes a lane with clients of the given options. It connects. What becomes of
// records is told to ended, and that a broker is silent to silent.
func openLane(ctx context.Context, opts []kgo.Opt, ended func(*item, error), silent func(*lane, error)) (*lane, error) {
	l := &lane{
		ended: ended, silent: silent,
		stop: make(chan struct{}), wake: make(chan struct{}, 1), wakeApart: make(chan struct{}, 1), turn: make(chan struct{}, 1), dead: make(chan struct{}),
	}
	opts = append(slices.Clip(opts),
		kgo.WithCompressor(compressor{}), kgo.WithHooks(l), kgo.MaxBufferedRecords(maxRecords), kgo.MaxBufferedBytes(maxBytes))
	var err error
	if l.client, err = kgo.NewClient(opts...); err != nil {
		return nil, fmt.Errorf("produce: %w", err)
	}
	if l.single, err = kgo.NewClient(append(opts, kgo.MaxBufferedRecords(1), kgo.ProducerLinger(0))...); err != nil {
		l.client.Close()
		return nil, fmt.Errorf("produce: %w", err)
	}
	if _, _, err = l.client.ProducerID(ctx); err != nil {
		l.close()
		return nil, fmt.Errorf("produce: %w", franz.Error(err))
	}
	return l, nil
}

// run starts the lane's goroutines. They end after kill.
func (l *lane) run(loops ...func()) {
	var wg sync.WaitGroup
	for _, loop := range loops {
		wg.Go(loop)
	}
	go func() {
		wg.Wait()
		close(l.dead)
	}()
}

// push hands a message to Kafka's client, and blocks while that holds too much. On a
// killed lane the message fails at once.
func (l *lane) push(it *item) {
	client := l.client
	if it.alone {
		client = l.single
	}
	client.Produce(context.Background(), it.fill(), func(_ *kgo.Record, err error) {
		it.release()
		l.ended(it, l.reason(err))
	})
}

// reason is why a record has failed. Where no broker could be asked, its client says only
// that it has tried.
func (l *lane) reason(err error) error {
	if err == nil {
		return nil
	}
	if last := l.offline.Load(); last != nil && errors.Is(err, kgo.ErrRecordRetries) {
		return fmt.Errorf("%w: %w", err, *last)
	}
	return franz.Error(err)
}

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (l *lane) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err == nil {
		l.offline.Store(nil)
		return
	}
	l.offline.Store(&err)
}

// OnBrokerE2E implements kgo.HookBrokerE2E. A silent broker fails no record, because it may
// have written it: this is all that is heard of it.
func (l *lane) OnBrokerE2E(broker kgo.BrokerMetadata, request int16, e2e kgo.BrokerE2E) {
	if err := e2e.Err(); request == produceRequest && errors.Is(err, os.ErrDeadlineExceeded) {
		l.silent(l, fmt.Errorf("broker %d: %w", broker.NodeID, err))
	}
}

// produceRequest is the kind of the requests that carry records.
const produceRequest = 0

// look makes the clients look at the topics anew that failed messages went to. They know
// those that refuse us for a minute otherwise, and for ever that one was made anew.
func (l *lane) look(failed []*item) {
	var anew []string
	refused := false
	for _, it := range failed {
		switch {
		case errors.Is(it.failure, kerr.UnknownTopicID):
			anew = append(anew, it.Topic)
		case kafka.Classify(it.failure) == kafka.TopicPermanent:
			refused = true
		}
	}
	slices.Sort(anew)
	anew = slices.Compact(anew)
	for _, client := range []*kgo.Client{l.client, l.single} {
		if len(anew) > 0 {
			client.PurgeTopicsFromProducing(anew...)
		}
		if refused {
			client.ForceMetadataRefresh()
		}
	}
}

// kill makes sure that nothing more is written.
func (l *lane) kill() {
	l.once.Do(func() {
		close(l.stop)
		l.close()
	})
}

func (l *lane) close() {
	l.client.Close()
	l.single.Close()
}

// notify leaves one note.
func notify(notes chan struct{}) {
	select {
	case notes <- struct{}{}:
	default:
	}
}
