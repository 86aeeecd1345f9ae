package processors

import (
	"log/slog"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"

	"github.com/millrace/millrace/processors/internal/produce"
)

// runner is the callback that goka calls: it runs the step and carries out what
// the step asked for.
type runner struct {
	spec    Spec
	emits   *produce.Producer
	abandon func(topic string, partition int32) // set before the first record
	metrics *metrics
	log     *slog.Logger
}

// graph is the processor as goka sees it: bytes in, bytes in the table, and no
// outputs, because emits do not pass through goka.
func (r *runner) graph() *goka.GroupGraph {
	edges := make([]goka.Edge, 0, len(r.spec.Inputs)+1)
	for _, in := range r.spec.Inputs {
		edges = append(edges, goka.Input(goka.Stream(in), new(codec.Bytes), r.step))
	}
	if r.spec.Table != nil {
		edges = append(edges, goka.Persist(new(codec.Bytes)))
	}
	return goka.DefineGroup(goka.Group(r.spec.Group), edges...)
}

// step is called by goka for each record.
func (r *runner) step(g goka.Context, msg any) {
	value, _ := msg.([]byte)
	c := &Context{
		ctx:     g.Context(),
		letters: r.spec.DeadLetter,
		table:   gokaTable{codec: r.spec.Table, goka: g},
		record: Record{
			Topic: string(g.Topic()), Partition: g.Partition(), Offset: g.Offset(),
			Timestamp: g.Timestamp(), Key: g.Key(), Value: value, headers: g.Headers(),
		},
	}
	r.metrics.in.Inc()
	if !c.record.Timestamp.IsZero() {
		r.metrics.delay.Set(max(0, time.Since(c.record.Timestamp).Seconds()))
	}
	c.call(r.spec.Step)
	if c.out.Abandoned {
		r.abandon(c.record.Topic, c.record.Partition)
		return
	}
	r.carryOut(g, c)
}

// carryOut sends what the step asked for. Every emit holds goka's commit of the
// record back until it is written; goka knows nothing more of it, so any topic will
// do and nothing has to be declared.
func (r *runner) carryOut(g goka.Context, c *Context) {
	refused := r.refusals(c)
	for _, m := range c.out.Emits {
		r.emit(g.DeferCommit(), m, refused)
	}
	for _, l := range c.out.Letters {
		r.putAside(g, l)
	}
	if c.out.Set {
		g.SetValue(c.out.encoded)
	}
}

func (r *runner) emit(commit func(error), m Message, refused func(string) (Letter, bool)) {
	var letter *Letter // the dead letter in the message's place, if it came to that
	r.emits.Send(produce.Emit{
		Message: m,
		Refused: func(cause string) (Message, bool) {
			l, ok := refused(cause)
			if ok {
				letter = &l
			}
			return l.Message, ok
		},
		Done: func(written *sarama.ProducerMessage) {
			switch {
			case written == nil:
			case letter != nil:
				r.metrics.deadLettered.WithLabelValues(letter.Reason).Inc()
			default:
				r.metrics.out.Inc()
			}
			commit(nil)
		},
	})
}

func (r *runner) putAside(g goka.Context, l Letter) {
	if l.Topic == "" {
		r.metrics.dropped.Inc()
		r.log.Warn("record can never succeed and is dropped", "reason", l.Reason, "header", headerText(l))
		return
	}
	commit := g.DeferCommit()
	r.emits.Send(produce.Emit{Message: l.Message, Done: func(written *sarama.ProducerMessage) {
		if written != nil {
			r.metrics.deadLettered.WithLabelValues(l.Reason).Inc()
		}
		commit(nil)
	}})
}

// refusals makes at most one dead letter of a record, however many of its emits
// Kafka refuses: driving it again repeats them all.
func (r *runner) refusals(c *Context) func(cause string) (Letter, bool) {
	var once sync.Once
	record := c.record
	return func(cause string) (l Letter, ok bool) {
		once.Do(func() {
			l, ok = record.letter(ReasonRefused, cause, record.Value, record.headerList()), r.spec.DeadLetter != ""
			l.Topic = r.spec.DeadLetter
			if !ok {
				r.metrics.dropped.Inc()
			}
		})
		return l, ok
	}
}

func headerText(l Letter) string {
	text := ""
	for _, h := range l.Headers[len(l.Headers)-3:] {
		text += h.Key + "=" + string(h.Value) + " "
	}
	return text
}
