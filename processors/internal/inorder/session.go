package inorder

import (
	"github.com/IBM/sarama"
)

// place is a partition of a topic.
type place struct {
	topic     string
	partition int32
}

// session is what goka sees as sarama's session: its marks go through the windows.
// The same one must reach Setup, every ConsumeClaim and Cleanup, because goka keeps
// it from Setup and marks on it until the end of Cleanup.
type session struct {
	sarama.ConsumerGroupSession
	windows map[place]*window // fixed after newSession
}

func newSession(inner sarama.ConsumerGroupSession, depth func(int)) *session {
	s := &session{ConsumerGroupSession: inner, windows: make(map[place]*window)}
	for topic, partitions := range inner.Claims() {
		for _, p := range partitions {
			s.windows[place{topic, p}] = newWindow(depth)
		}
	}
	return s
}

// MarkOffset takes the offset after the finished record, as sarama's does.
func (s *session) MarkOffset(topic string, partition int32, next int64, metadata string) {
	if w := s.windows[place{topic, partition}]; w != nil {
		w.done(next-1, func(commit int64) {
			s.ConsumerGroupSession.MarkOffset(topic, partition, commit, metadata)
		})
	}
}

// MarkMessage finishes a record.
func (s *session) MarkMessage(m *sarama.ConsumerMessage, metadata string) {
	s.MarkOffset(m.Topic, m.Partition, m.Offset+1, metadata)
}

// freeze ends all commits of the session.
func (s *session) freeze() {
	for _, w := range s.windows {
		w.freeze()
	}
}

// claim is what goka sees as sarama's claim: its messages pass the window.
type claim struct {
	sarama.ConsumerGroupClaim
	window *window
	out    chan *sarama.ConsumerMessage // with room for all that the window lets through: only who sleeps is woken
	stop   chan struct{}                // closed when goka has stopped reading
	ended  chan struct{}
}

func newClaim(inner sarama.ConsumerGroupClaim, w *window) *claim {
	return &claim{
		ConsumerGroupClaim: inner, window: w,
		out: make(chan *sarama.ConsumerMessage, MaxRecords), stop: make(chan struct{}), ended: make(chan struct{}),
	}
}

// Messages is the claim's messages, held back while the window is full.
func (c *claim) Messages() <-chan *sarama.ConsumerMessage { return c.out }

// forward hands messages over until the claim ends or goka stops reading.
func (c *claim) forward() {
	defer close(c.ended)
	defer close(c.out)
	for c.window.wait(c.stop) {
		select {
		case m, ok := <-c.ConsumerGroupClaim.Messages():
			if !ok {
				return
			}
			c.window.carry(m.Offset, m.Headers)
			c.window.deliver(m.Offset, sizeOf(m))
			select {
			case c.out <- m:
			case <-c.stop:
				return
			}
		case <-c.stop:
			return
		}
	}
}

func sizeOf(m *sarama.ConsumerMessage) int {
	n := len(m.Key) + len(m.Value)
	for _, h := range m.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return n
}
