package produce

import (
	"cmp"
	"slices"
	"time"
)

// resendPause is waited before failed messages are sent again. Kafka's client has
// tried for a second by then, unless a broker has refused them.
const resendPause = 250 * time.Millisecond

// resend sends the failed messages of a queue again, after a pause, until its lane is
// killed. Those that go alone have a queue of their own: each of them waits for the one
// before it, and nobody else shall.
func (p *Producer) resend(l *lane, wake <-chan struct{}, queue *[]*item) {
	pause := time.NewTimer(0)
	<-pause.C
	defer pause.Stop()
	for {
		select {
		case <-wake:
		case <-l.stop:
			return
		}
		pause.Reset(resendPause)
		select {
		case <-pause.C:
		case <-l.stop:
			return
		}
		p.sendAgain(l, queue)
	}
}

func (p *Producer) sendAgain(l *lane, queue *[]*item) {
	again := p.takeAgain(l, queue)
	l.look(again)
	for _, it := range again {
		p.cfg.Resent()
		l.push(it)
	}
}

// takeAgain empties a queue of failed messages, and returns what to send for them.
func (p *Producer) takeAgain(l *lane, queue *[]*item) []*item {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lane != l {
		return nil
	}
	send := *queue
	*queue = nil
	for i, it := range send {
		if it.table {
			send[i] = p.keys.again(it)
		}
	}
	slices.SortFunc(send, func(a, b *item) int { return cmp.Compare(a.number, b.number) })
	return send
}

// takeTurns sends table emits whose turn has come, until its lane is killed. Those who
// hear of written messages cannot: the client may wait for them.
func (p *Producer) takeTurns(l *lane) {
	for {
		select {
		case <-l.turn:
		case <-l.stop:
			return
		}
		p.mu.Lock()
		var send []*item
		if p.lane == l {
			send, p.turn = p.turn, nil
		}
		p.mu.Unlock()
		for _, it := range send {
			l.push(it)
		}
	}
}
