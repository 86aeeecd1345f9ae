package refine

import (
	"github.com/millrace/millrace/schemas/batch"
)

// packFrom is the length of a raw record from which on its batches are packed. Those of
// shorter ones are compressed by the producer, together with their neighbours'.
const packFrom = 8 << 10

// write writes the document of the event at work into the lane of its app. It returns nil
// where that is not possible: it is too large.
func (w *Worker) write() *lane {
	to := w.routeOf(&w.result)
	l, run := to.lane, &to.run
	if l.packs && w.pack(to) {
		return l
	}
	start := len(l.buf)
	line, tail := w.hand.runner.Encode(l.buf, &w.in, &w.result)
	if tail != nil && len(tail.Line) > batch.MaxCommon {
		line, tail = tail.Join(line), nil
	}
	line = append(line, '\n')
	l.buf = line
	if w.large = len(l.buf) - start; fixedSize(w.m)+w.large+eventSize(run.Index, tail) > batch.MaxBytes {
		l.buf = l.buf[:start]
		return nil
	}
	l.add(l.buf[start:], &w.id, run, tail, w.closed, w.m)
	if l.packs {
		l.buf = l.buf[:0]
	}
	return l
}

// pack writes the document of the event at work into a lane that packs. It reports false
// for one that is to be written plain: then the lane is as it was.
func (w *Worker) pack(to *route) bool {
	l, run := to.lane, &to.run
	for p := l.pack; ; {
		tail := w.hand.runner.Tail()
		begins := !l.continues(tail)
		if begins && tail != nil && len(tail.Line) > batch.MaxCommon {
			return false
		}
		w.mark, w.doing = p.Mark(), packing
		if begins && tail != nil {
			p.Literal(tail.Line)
			p.Literal(lineFeed)
		}
		whole := w.hand.runner.Pack(p)
		w.doing = working
		switch {
		case !whole:
			p.Back(w.mark)
		case !p.Fits():
			if p.Back(w.mark); p.At() == 0 {
				return false
			}
			p.Next()
		case l.full(p.Size() + eventSize(run.Index, nil)):
			p.Back(w.mark)
			w.closed(l.close(w.m))
		default:
			l.enter(&w.id, run, tail, begins)
			return true
		}
	}
}
