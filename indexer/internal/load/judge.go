package load

import (
	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/meter"
)

// mostTries is how often documents are sent again at once, or almost, before they wait for
// their index.
const mostTries = 5

// verdicts are what became of the documents of one request.
type verdicts struct {
	settled            []bulk.Item // they need nothing more
	created, duplicate int
	again, repaired    []bulk.Item
	refused            aside
	waiting            map[string]*waiting // by index
	overloaded         bool
}

// waiting are documents that one index refuses for now.
type waiting struct {
	items []bulk.Item
	why   bulk.Refusal
}

// judge gives each document of a shipment its verdict: it is counted, queued again, put
// aside, or waits for its index.
func (c *carrier) judge(s *shipment, results []bulk.Result) {
	v := verdicts{waiting: map[string]*waiting{}}
	items := s.items()
	for i := range items {
		c.judgeOne(&v, items[i], &results[i], s.tries)
	}
	if v.overloaded {
		c.gate.overloaded()
	} else {
		c.gate.good()
	}
	c.meter.Out.WithLabelValues(meter.Created).Add(float64(v.created))
	c.meter.Out.WithLabelValues(meter.Duplicate).Add(float64(v.duplicate))
	c.meter.Repaired.Add(float64(len(v.repaired)))
	c.aside = append(c.aside, v.refused.letters()...)
	if len(v.repaired) > 0 {
		c.meter.Retries.WithLabelValues(causeMisfit).Inc()
		c.queue = append(c.queue, shipmentOf(v.repaired, 0))
	}
	if len(v.again) > 0 {
		c.meter.Retries.WithLabelValues(causeItems).Inc()
		c.queue = append(c.queue, shipmentOf(v.again, s.tries+1))
	}
	for _, w := range v.waiting {
		c.meter.Retries.WithLabelValues(causeIndex).Inc()
		c.park(bulk.PartsOf(w.items), w.why)
	}
	c.done(bulk.PartsOf(v.settled))
}

func (c *carrier) judgeOne(v *verdicts, it bulk.Item, r *bulk.Result, tries int) {
	switch verdict := r.Verdict(); {
	case verdict == bulk.Created:
		v.created++
		v.settled = append(v.settled, it)
	case verdict == bulk.Duplicate:
		v.duplicate++
		v.settled = append(v.settled, it)
	case verdict == bulk.NoIndex && !c.missing(&it):
		v.settled = append(v.settled, it)
	case verdict == bulk.NoIndex && tries < mostTries && !c.probing:
		v.again = append(v.again, it)
	case verdict == bulk.Misfit:
		if it.Repair(r) {
			v.repaired = append(v.repaired, it)
		} else {
			v.refused.add(it, r)
		}
	case verdict == bulk.Refused || verdict == bulk.Blocked && c.late(&it):
		v.refused.add(it, r)
	case verdict == bulk.Overloaded && tries < mostTries && !c.probing && !c.room.has(it.Index()):
		v.again = append(v.again, it)
	default:
		v.wait(it, r)
	}
	v.overloaded = v.overloaded || r.Verdict() == bulk.Overloaded && !c.probing
}

// park lets documents wait for their index.
func (c *carrier) park(parts []bulk.Part, why bulk.Refusal) {
	for len(parts) > 0 {
		index, n := parts[0].Index(), 1
		for n < len(parts) && parts[n].Index() == index {
			n++
		}
		if c.probing {
			c.room.back(parts[0], why)
		} else {
			c.room.park(index, parts[:n], why)
		}
		parts = parts[n:]
	}
}

func (v *verdicts) wait(it bulk.Item, r *bulk.Result) {
	w := v.waiting[it.Index()]
	if w == nil {
		w = &waiting{}
		v.waiting[it.Index()] = w
	}
	w.items = append(w.items, it)
	w.why = r.Refusal()
}

// late reports whether the period of a document's index is over. What is blocked then has
// been put away, and nobody will open it again; while its period lasts somebody is at work on it.
func (c *carrier) late(it *bulk.Item) bool { return !it.PeriodEnds().After(c.now()) }

// missing reports whether a document whose index is missing shall be sent again:
// the index is made then, but not for what has expired.
func (c *carrier) missing(it *bulk.Item) bool {
	c.store.Forget(it.Index())
	if it.Expires().After(c.now()) {
		return true
	}
	c.meter.Dropped.WithLabelValues(bulk.ReasonExpired).Inc()
	return false
}
