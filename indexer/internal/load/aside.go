package load

import (
	"context"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/letters"
)

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

// writeAside writes the letters, however long Kafka takes.
func (c *carrier) writeAside(ctx context.Context) error {
	for tries := 0; len(c.aside) > 0; tries++ {
		if err := c.wait(ctx, tries); err != nil {
			return err
		}
		rest, err := c.letters.Write(c.aside)
		written := without(c.aside, rest)
		for i := range written {
			c.meter.DeadLettered.WithLabelValues(written[i].Reason).Add(float64(written[i].Events))
		}
		c.end(c.ledger.closeLetters(written, false)...)
		c.aside = rest
		if err != nil {
			c.meter.Retries.WithLabelValues(causeLetters).Inc()
			c.log.Warn("dead letters cannot be written, waiting", "error", err)
		}
	}
	return nil
}

// without are the letters of a list that another one does not have.
func without(list, rest []letters.Letter) (others []letters.Letter) {
	type like struct {
		batch  *bulk.Batch
		reason string
		events int
	}
	left := map[like]int{}
	for i := range rest {
		left[like{rest[i].Batch, rest[i].Reason, rest[i].Events}]++
	}
	for i := range list {
		if key := (like{list[i].Batch, list[i].Reason, list[i].Events}); left[key] > 0 {
			left[key]--
		} else {
			others = append(others, list[i])
		}
	}
	return others
}
