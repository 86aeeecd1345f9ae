package produce

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/kafka"
)

// complainEvery bounds the log lines about failures.
const complainEvery = 10 * time.Second

// Config is what a Producer needs.
type Config struct {
	Client []kgo.Opt // idempotent
	Table  string    // topic of the group table, whose emits supersede each other
	Log    *slog.Logger
	Resent func() // called for each message sent again; nil for nobody
}

// Producer is safe for concurrent use. It implements goka.Producer.
type Producer struct {
	cfg Config
	now func() time.Time

	mu         sync.Mutex
	lane       *lane // nil before Open and after Abort
	last       *lane // the lane before, which must be dead before the next opens
	sent       uint64
	pending    *books
	again      []*item // failed, to be sent again
	apart      []*item // failed, to be sent again in a batch of their own
	turn       []*item // table emits whose turn has come
	keys       keys
	topics     topics
	complained time.Time
}

// New makes a producer without a lane; it starts nothing.
func New(cfg Config) *Producer {
	if cfg.Resent == nil {
		cfg.Resent = func() {}
	}
	return &Producer{cfg: cfg, now: time.Now, pending: &books{}, keys: make(keys), topics: make(topics)}
}

// Open makes sure that there is a lane. It connects, and fails when it cannot.
func (p *Producer) Open(ctx context.Context) error {
	p.mu.Lock()
	current, last := p.lane, p.last
	p.mu.Unlock()
	if current != nil {
		return nil
	}
	if last != nil {
		select {
		case <-last.dead:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	l, err := openLane(ctx, p.cfg.Client, p.ended, p.silent)
	if err != nil {
		return err
	}
	l.run(func() { p.resend(l, l.wake, &p.again) }, func() { p.resend(l, l.wakeApart, &p.apart) }, func() { p.takeTurns(l) }) //nolint:contextcheck // they end at Abort, whoever has opened
	p.mu.Lock()
	p.lane, p.last = l, l
	p.mu.Unlock()
	return nil
}

// Send sends a message. It blocks while a lane's worth of them is under way. After Abort it
// gives the message up at once: the session it belongs to has ended.
func (p *Producer) Send(e Emit) {
	p.mu.Lock()
	l := p.lane
	if l == nil {
		p.mu.Unlock()
		e.Done(nil)
		return
	}
	p.sent++
	it := &item{Emit: e, number: p.sent, table: e.Topic == p.cfg.Table && p.cfg.Table != ""}
	p.pending.add(it)
	if it.table && !p.keys.sent(it) {
		p.mu.Unlock()
		return
	}
	send := true
	if it.Replaceable && len(p.topics) > 0 && p.topics.divert(it.Topic, p.now()) {
		send = p.replaceLocked(it, "topic "+it.Topic+" does not take records")
	}
	p.mu.Unlock()
	if send {
		l.push(it)
		return
	}
	it.Done(nil)
}

// Emit implements goka.Producer.
func (p *Producer) Emit(topic, key string, value []byte) *goka.Promise {
	return p.EmitWithHeaders(topic, key, value, nil)
}

// EmitWithHeaders implements goka.Producer; goka calls it for table emits. The
// promise never fails: see Fate.Done.
func (p *Producer) EmitWithHeaders(topic, key string, value []byte, headers goka.Headers) *goka.Promise {
	list := make([]Header, 0, len(headers))
	for name, v := range headers {
		list = append(list, Header{Key: name, Value: v})
	}
	return p.Promise(Message{Topic: topic, Key: key, Value: value, Headers: list})
}

// Promise sends a message for which nothing may take its place, as EmitWithHeaders does.
func (p *Producer) Promise(m Message) *goka.Promise {
	promise, finish := goka.NewPromiseWithFinisher()
	p.Send(Emit{Message: m, Fate: promised(finish)})
	return promise
}

// promised is the end of a promise of goka's.
type promised func(*sarama.ProducerMessage, error) *goka.Promise

// Refused implements Fate.
func (promised) Refused(string) (Message, bool) { return Message{}, false }

// Done implements Fate.
func (finish promised) Done(written *kgo.Record) {
	if written == nil {
		finish(nil, nil)
		return
	}
	finish(&sarama.ProducerMessage{Topic: written.Topic, Partition: written.Partition, Offset: written.Offset}, nil)
}

// Abort gives up what is under way: nothing more is written, and every Done is
// called. The caller has made sure that what they lead to is ignored.
func (p *Producer) Abort() {
	p.mu.Lock()
	l := p.lane
	given := p.pending
	p.lane, p.again, p.apart, p.turn = nil, nil, nil, nil
	p.pending, p.keys = &books{}, make(keys)
	p.mu.Unlock()
	if l != nil {
		l.kill()
	}
	for it := given.first; it != nil; it = it.behind { // nobody else touches them now
		it.Done(nil)
	}
}

// Close is Abort and waits for the lane's end. Open may follow.
func (p *Producer) Close() error {
	p.Abort()
	p.mu.Lock()
	last := p.last
	p.mu.Unlock()
	if last != nil {
		<-last.dead
	}
	return nil
}

// ended is called by the lane at the end of each try.
func (p *Producer) ended(it *item, err error) {
	if err != nil {
		p.failed(it, err)
		return
	}
	p.written(it)
}

// written takes note of an acknowledged message.
func (p *Producer) written(it *item) {
	p.mu.Lock()
	if !p.pending.take(it) {
		p.mu.Unlock()
		return
	}
	if it.table {
		for o := it.older; o != nil; o = o.older {
			p.pending.take(o)
		}
		if next := p.keys.wrote(it); next != nil {
			p.turn = append(p.turn, next)
			notify(p.lane.turn)
		}
	}
	if p.topics.wrote(it.Topic) {
		p.cfg.Log.Info("topic takes records again", "topic", it.Topic)
	}
	p.mu.Unlock()
	it.Done(&it.record)
	it.Packed.Free()
	if it.Memory != nil {
		it.Memory.Free()
	}
	for o := it.older; o != nil; o = o.older {
		o.Done(nil)
	}
}

// failed takes note of a message that Kafka's client gave up.
func (p *Producer) failed(it *item, err error) {
	p.mu.Lock()
	if !p.pending.has(it) {
		p.mu.Unlock()
		return
	}
	p.complainLocked(err, "topic", it.Topic)
	it.failure = err
	keep := true
	switch class := kafka.Classify(err); {
	case class == kafka.RecordPermanent && !it.alone:
		it.alone = true // the batch was refused; the next try shows whose fault that is
	case !it.Replaceable:
	case class == kafka.RecordPermanent:
		keep = p.replaceLocked(it, err.Error())
	case class == kafka.TopicPermanent:
		if p.topics.refused(it.Topic, p.now()) {
			keep = p.replaceLocked(it, err.Error())
		}
	default:
		p.topics.unclear(it.Topic)
	}
	switch {
	case !keep:
	case it.alone:
		p.apart = append(p.apart, it)
		notify(p.lane.wakeApart)
	default:
		p.again = append(p.again, it)
		notify(p.lane.wake)
	}
	p.mu.Unlock()
	if !keep {
		it.Done(nil)
	}
}

// replaceLocked puts a dead letter in the place of a message, or strikes it off
// the books and returns false.
func (p *Producer) replaceLocked(it *item, cause string) bool {
	m, ok := it.Refused(cause)
	it.Replaceable, it.alone = false, false
	if !ok {
		p.pending.take(it)
		return false
	}
	it.Message = m
	return true
}

// silent is called by a lane when a broker does not answer.
func (p *Producer) silent(l *lane, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lane == l && p.pending.count > 0 {
		p.complainLocked(err)
	}
}

func (p *Producer) complainLocked(err error, more ...any) {
	now := p.now()
	if now.Sub(p.complained) < complainEvery {
		return
	}
	p.complained = now
	p.cfg.Log.With(more...).Warn("emits fail, they are sent again", "under_way", p.pending.count, "error", err)
}
