package produce

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// lane is one life of a producer: its own client, so that killing it stops what
// is in flight (sarama has no abort).
type lane struct {
	client sarama.Client
	async  sarama.AsyncProducer

	stop chan struct{} // closed first when the lane is killed: frees pushes
	wake chan struct{} // something waits to be sent again; one note is enough
	turn chan struct{} // the turn of a table emit has come; one note is enough
	dead chan struct{} // closed when the lane's goroutines have ended

	once    sync.Once
	pushing sync.RWMutex // held for reading during a push
	closed  bool         // guarded by pushing
}

func openLane(brokers []string, shared *sarama.Config) (*lane, error) {
	l := &lane{stop: make(chan struct{}), wake: make(chan struct{}, 1), turn: make(chan struct{}, 1), dead: make(chan struct{})}
	cfg := *shared
	cfg.Producer.Retry.BackoffFunc = l.backoff
	var err error
	if l.client, err = sarama.NewClient(brokers, &cfg); err != nil {
		return nil, fmt.Errorf("produce: %w", err)
	}
	if l.async, err = sarama.NewAsyncProducerFromClient(l.client); err != nil {
		return nil, errors.Join(fmt.Errorf("produce: %w", err), l.client.Close())
	}
	return l, nil
}

// backoff is sarama's pause after a failed message. It takes one for each message in
// its queue, which would make the end of a killed lane long.
func (l *lane) backoff(int, int) time.Duration {
	select {
	case <-l.stop:
		return 0
	default:
		return l.client.Config().Producer.Retry.Backoff
	}
}

// run starts the lane's goroutines. They end after kill.
func (l *lane) run(written func(*sarama.ProducerMessage), failed func(*sarama.ProducerError), others ...func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		for pm := range l.async.Successes() {
			written(pm)
		}
	})
	wg.Go(func() {
		for pe := range l.async.Errors() {
			failed(pe)
		}
	})
	for _, other := range others {
		wg.Go(other)
	}
	go func() {
		wg.Wait()
		close(l.dead)
	}()
}

// push hands a message to sarama, and blocks while sarama does. It does nothing on
// a killed lane.
func (l *lane) push(pm *sarama.ProducerMessage) {
	l.pushing.RLock()
	defer l.pushing.RUnlock()
	if l.closed {
		return
	}
	select {
	case l.async.Input() <- pm:
	case <-l.stop:
	}
}

// kill makes sure that nothing more is written. A second AsyncClose, or one during
// a push, would crash in sarama: hence the order.
func (l *lane) kill() {
	l.once.Do(func() {
		close(l.stop)
		l.pushing.Lock()
		l.closed = true
		l.pushing.Unlock()
		_ = l.client.Close() // fails what is in flight; its error is no news
		l.async.AsyncClose()
	})
}

// notify leaves one note.
func notify(notes chan struct{}) {
	select {
	case notes <- struct{}{}:
	default:
	}
}
