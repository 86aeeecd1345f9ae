package processors

import (
	"log/slog"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/processors/internal/inorder"
	"github.com/millrace/millrace/processors/internal/produce"
)

// runner is the callback that goka calls: it runs the step and carries out what
// the step asked for.
type runner struct {
	spec    Spec
	emits   *produce.Producer
	values  tableEmits
	group   *inorder.Group // set before the first record
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

// call is what the runner needs for one record, in one piece of memory. It lives until what
// the step has sent is written.
type call struct {
	Context
	held     gokaTable
	refusals refusals
	emits    [1]Message // memory of the first emit; most steps have no other
	first    delivery   // of it
}

// step is called by goka for each record.
func (r *runner) step(g goka.Context, msg any) {
	value, _ := msg.([]byte)
	c := &call{}
	c.held = gokaTable{codec: r.spec.Table, goka: g}
	c.Context = Context{
		ctx:     g.Context(),
		letters: r.spec.DeadLetter,
		table:   &c.held,
		record: Record{
			Topic: string(g.Topic()), Partition: g.Partition(), Offset: g.Offset(),
			Timestamp: g.Timestamp(), Key: g.Key(), Value: value,
		},
	}
	c.out.Emits, c.record.headers = c.emits[:0], r.headers(g)
	r.metrics.in.Inc()
	if !c.record.Timestamp.IsZero() {
		r.metrics.delay.Set(max(0, time.Since(c.record.Timestamp).Seconds()))
	}
	c.call(r.spec.Step)
	if c.out.Abandoned {
		r.group.Abandon(c.record.Topic, c.record.Partition)
		return
	}
	r.carryOut(g, c)
}

// headers are those of the record.
func (r *runner) headers(g goka.Context) (all []*sarama.RecordHeader) {
	all = r.group.Headers(string(g.Topic()), g.Partition(), g.Offset())
	if all != nil {
		return all
	}
	for name, value := range g.Headers() {
		all = append(all, &sarama.RecordHeader{Key: []byte(name), Value: value})
	}
	return all
}

// carryOut sends what the step asked for. Every emit holds goka's commit of the
// record back until it is written; goka knows nothing more of it, so any topic will
// do and nothing has to be declared.
func (r *runner) carryOut(g goka.Context, c *call) {
	out := c.out
	c.out = Outcome{}
	c.refusals = refusals{r: r, record: &c.record}
	for i := range out.Emits {
		d := &c.first
		if i > 0 {
			d = &delivery{}
		}
		*d = delivery{r: r, commit: g.DeferCommit(), held: &c.refusals}
		r.emits.Send(produce.Emit{Message: out.Emits[i], Fate: d, Replaceable: true})
	}
	for _, l := range out.Letters {
		r.putAside(g, l)
	}
	switch {
	case !out.Set:
	case r.values.placed(g.Key(), g.Partition()):
		g.SetValue(out.encoded)
	default:
		g.SetValue(out.encoded, goka.WithCtxEmitHeaders(r.values.tables.Headers(g.Partition())))
	}
}

func (r *runner) putAside(g goka.Context, l Letter) {
	if l.Topic == "" {
		r.metrics.dropped.Inc()
		r.log.Warn("record can never succeed and is dropped", "reason", l.Reason, "header", headerText(l))
		return
	}
	r.emits.Send(produce.Emit{Message: l.Message, Fate: &delivery{r: r, commit: g.DeferCommit(), reason: l.Reason}})
}

// delivery is what becomes of one message of a record.
type delivery struct {
	r      *runner
	commit func(error)
	held   *refusals // of the record; nil: nothing takes the message's place
	reason string    // of the dead letter that the message is, or that took its place
}

// Refused implements produce.Fate.
func (d *delivery) Refused(cause string) (Message, bool) {
	l, ok := d.held.letter(cause)
	d.reason = l.Reason
	return l.Message, ok
}

// Done implements produce.Fate.
func (d *delivery) Done(written *kgo.Record) {
	switch {
	case written == nil:
	case d.reason != "":
		d.r.metrics.deadLettered.WithLabelValues(d.reason).Inc()
	default:
		d.r.metrics.out.Inc()
	}
	d.commit(nil)
}

// refusals makes at most one dead letter of a record, however many of its emits Kafka
// refuses: driving it again repeats them all.
type refusals struct {
	r      *runner
	record *Record
	once   sync.Once
}

func (h *refusals) letter(cause string) (l Letter, ok bool) {
	h.once.Do(func() {
		to := h.r.spec.DeadLetter
		if to == "" {
			h.r.metrics.dropped.Inc()
			return
		}
		l, ok = h.record.letter(ReasonRefused, cause, h.record.Value, h.record.headerList()), true
		l.Topic = to
	})
	return l, ok
}

func headerText(l Letter) string {
	text := ""
	for _, h := range l.Headers[len(l.Headers)-3:] {
		text += h.Key + "=" + string(h.Value) + " "
	}
	return text
}
