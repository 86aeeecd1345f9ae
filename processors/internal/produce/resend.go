package produce

import (
	"cmp"
	"slices"
	"time"
)

// resendPause is waited before failed messages are sent again. Kafka's client has
// tried for a second by then, unless a broker has refused them.
const resendPause = 250 * time.Millisecond

// resend sends failed messages again, after a pause, until its lane is killed.
func (p *Producer) resend(l *lane) {
	pause := time.NewTimer(0)
	<-pause.C
	defer pause.Stop()
	for {
		select {
		case <-l.wake:
		case <-l.stop:
			return
		}
		pause.Reset(resendPause)
		select {
		case <-pause.C:
		case <-l.stop:
			return
		}
		p.sendAgain(l)
	}
}

func (p *Producer) sendAgain(l *lane) {
	again := p.takeAgain(l)
	l.look(again)
	for _, it := range again {
		p.cfg.Resent()
		l.push(it)
	}
}

// takeAgain empties the list of failed messages, and returns what to send for them.
func (p *Producer) takeAgain(l *lane) []*item {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lane != l {
		return nil
	}
	send := p.again
	p.again = nil
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
