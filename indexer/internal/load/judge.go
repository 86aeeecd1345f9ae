package load

import (
	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/letters"
	"github.com/millrace/millrace/indexer/internal/meter"
)

// judge gives each document of a shipment its verdict: counted, queued again, or
// put aside.
func (c *carrier) judge(s *shipment, results []bulk.Result) {
	var (
		again, repaired    []bulk.Item
		created, duplicate int
		refused            aside
	)
	items := s.items()
	for i := range items {
		it, r := items[i], &results[i]
		switch r.Verdict() {
		case bulk.Created:
			created++
		case bulk.Duplicate:
			duplicate++
		case bulk.NoIndex:
			if c.missing(&it) {
				again = append(again, it)
			}
		case bulk.Misfit:
			if it.Repair(r) {
				repaired = append(repaired, it)
			} else {
				refused.add(it, r)
			}
		case bulk.Blocked:
			if c.late(&it) {
				refused.add(it, r)
			} else {
				again = append(again, it)
			}
		case bulk.Refused:
			refused.add(it, r)
		default:
			again = append(again, it)
		}
	}
	c.meter.Out.WithLabelValues(meter.Created).Add(float64(created))
	c.meter.Out.WithLabelValues(meter.Duplicate).Add(float64(duplicate))
	c.meter.Repaired.Add(float64(len(repaired)))
	c.aside = append(c.aside, refused.letters()...)
	if len(repaired) > 0 {
		c.meter.Retries.WithLabelValues(causeMisfit).Inc()
		c.queue = append(c.queue, shipmentOf(repaired, 0))
	}
	if len(again) > 0 {
		c.meter.Retries.WithLabelValues(causeItems).Inc()
		c.queue = append(c.queue, shipmentOf(again, s.tries+1))
	}
}

// late reports whether the period of a document's index is over. What is blocked then has
// been put away, and to wait for it would hold up all others; while its period lasts somebody
// is at work on it.
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

// aside collects refused documents by batch and reason, in their order.
type aside struct {
	groups []group
}

type group struct {
	items         []bulk.Item
	reason, cause string
}

func (a *aside) add(it bulk.Item, r *bulk.Result) {
	reason := r.ReasonOf()
	for i := len(a.groups) - 1; i >= 0 && a.groups[i].items[0].Batch == it.Batch; i-- {
		if a.groups[i].reason == reason {
			a.groups[i].items = append(a.groups[i].items, it)
			return
		}
	}
	a.groups = append(a.groups, group{[]bulk.Item{it}, reason, r.Cause()})
}

func (a *aside) letters() []letters.Letter {
	list := make([]letters.Letter, len(a.groups))
	for i, g := range a.groups {
		list[i] = letters.Part(g.items, g.reason, g.cause)
	}
	return list
}
