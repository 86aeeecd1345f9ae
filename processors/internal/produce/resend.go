package produce

import (
	"cmp"
	"slices"
	"time"
)

// resendPause is waited before failed messages are sent again. Sarama has tried for
// some hundred milliseconds by then.
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
	p.order.Lock()
	defer p.order.Unlock()
	send, done := p.takeAgain(l)
	for _, it := range done {
		it.Done(nil)
	}
	for _, it := range send {
		p.cfg.Resent()
		l.push(it.sarama(it))
	}
}

// takeAgain empties the list of failed messages: those to send, and table emits
// that a newer one has made needless.
func (p *Producer) takeAgain(l *lane) (send, done []*item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lane != l {
		return nil, nil
	}
	slices.SortFunc(p.again, func(a, b *item) int { return cmp.Compare(a.number, b.number) })
	for _, it := range p.again {
		verdict := sendAgain
		if it.table {
			verdict = p.keys.judge(it)
		}
		switch verdict {
		case sendAgain:
			send = append(send, it)
		case superseded:
			delete(p.pending, it)
			done = append(done, it)
		case wait:
		}
	}
	p.again = nil
	return send, done
}
