package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/deadletter"
	"github.com/millrace/millrace/schemas/topic"
	"github.com/millrace/millrace/test/chaos/ledger"
)

// topics reads Kafka directly, past every broken wire.
type topics struct{ client sarama.Client }

func dialTopics(c kafka.Config) (topics, error) {
	conf, err := c.Sarama()
	if err != nil {
		return topics{}, err
	}
	client, err := sarama.NewClient(c.Brokers, conf)
	return topics{client}, err
}

// read calls visit with every record of a topic that is there now. A topic that does
// not exist is empty.
func (t topics) read(ctx context.Context, name string, visit func(*sarama.ConsumerMessage)) error {
	err := kafka.Scan(ctx, t.client, name, func(m *sarama.ConsumerMessage) error { visit(m); return nil })
	if errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
		return nil
	}
	return err
}

// letters are the dead letters, each as `topic reason: cause (n lines)`, by number.
func (t topics) letters(ctx context.Context) ([]string, error) {
	count := map[string]int{}
	for _, name := range []string{topic.DeadRaw, topic.DeadLogs, topic.DeadAgents, topic.DeadAdopt} {
		err := t.read(ctx, name, func(m *sarama.ConsumerMessage) {
			headers := map[string]string{}
			for _, h := range m.Headers {
				headers[string(h.Key)] = string(h.Value)
			}
			count[fmt.Sprintf("%s %s: %.200s", name, headers[deadletter.HeaderReason], headers[deadletter.HeaderCause])] += max(1, bytes.Count(m.Value, []byte("\n")))
		})
		if err != nil {
			return nil, err
		}
	}
	var list []string
	for text, n := range count {
		list = append(list, fmt.Sprintf("%7d lines  %s", n, text))
	}
	slices.Sort(list)
	slices.Reverse(list)
	return list, nil
}

// where says of each range of lost lines how many of them are in which topic.
func (t topics) where(ctx context.Context, lost []ledger.Range) (map[ledger.Range]map[string]int, error) {
	found := map[ledger.Range]map[string]int{}
	names := []string{topic.Raw, topic.DeadRaw, topic.DeadLogs}
	for _, a := range apps {
		names = append(names, topic.Logs(a.name))
	}
	for _, name := range names {
		seen := map[string]bool{} // a line may be in a topic twice
		err := t.read(ctx, name, func(m *sarama.ConsumerMessage) {
			for text := range bytes.SplitSeq(m.Value, []byte("\n")) {
				file, n, ok := ledger.Parse(lineOf(text))
				r, isLost := ledger.Within(lost, file, n)
				if key := fmt.Sprint(file, n); ok && isLost && !seen[key] {
					seen[key] = true
					if found[r] == nil {
						found[r] = map[string]int{}
					}
					found[r][name]++
				}
			}
		})
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// lineOf is the line that a piece of a value holds: raw records have the lines
// themselves, event batches documents.
func lineOf(text []byte) string {
	if !bytes.HasPrefix(text, []byte("{")) {
		return string(text)
	}
	var doc struct{ Message string }
	if err := json.Unmarshal(text, &doc); err != nil {
		return ""
	}
	return doc.Message
}

// told writes what where has found of a range.
func told(places map[string]int) string {
	if len(places) == 0 {
		return "in no topic: never left the agent"
	}
	var list []string
	for name, n := range places {
		list = append(list, fmt.Sprintf("%d in %s", n, name))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
