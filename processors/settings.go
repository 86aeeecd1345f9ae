package processors

import (
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/kafka/franz"
)

// settings are the three configurations of a processor. Those of sarama differ in
// timeouts, and each is used by one client only because sarama and goka write into them.
type settings struct {
	group    *sarama.Config
	producer []kgo.Opt
	cluster  *sarama.Config
}

const (
	// heartbeat is how soon an instance hears that another joins or leaves. It is most
	// of the stall that a join costs.
	heartbeat = 500 * time.Millisecond
	// rebalanceTimeout is how long the group waits for members to finish their session:
	// a grace, the kill and recovery of nothing fit in amply.
	rebalanceTimeout = 20 * time.Second
	// joinTimeout bounds JoinGroup, which the broker answers only when all members have
	// joined. Below rebalanceTimeout a join beside a slow member fails for good.
	joinTimeout = rebalanceTimeout + 10*time.Second
	// linger gathers emits into batches. It is small beside the 250 ms that agents
	// gather lines for.
	linger = 5 * time.Millisecond
	// fetchAhead is how many records sarama holds for each partition before the window.
	// Raw records have up to 256 KiB.
	fetchAhead = 16
)

func newSettings(cfg Config, dialer *kafka.Dialer) (settings, error) {
	var s settings
	for _, each := range []**sarama.Config{&s.group, &s.cluster} {
		c, err := cfg.Kafka.Sarama()
		if err != nil {
			return settings{}, err
		}
		dialer.Use(c)
		*each = c
	}
	s.group.Net.ReadTimeout = joinTimeout
	s.group.ChannelBufferSize = fetchAhead
	s.group.Metadata.Full = false
	s.group.Consumer.MaxProcessingTime = time.Second
	s.group.Consumer.Offsets.AutoCommit.Interval = 500 * time.Millisecond
	s.group.Consumer.Group.Session.Timeout = cfg.SessionTimeout
	s.group.Consumer.Group.InstanceId = cfg.StaticMember
	s.group.Consumer.Group.Heartbeat.Interval = heartbeat
	s.group.Consumer.Group.Rebalance.Timeout = rebalanceTimeout
	s.group.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{goka.CopartitioningStrategy}

	var err error
	if s.producer, err = franz.Options(cfg.Kafka, dialer); err != nil {
		return settings{}, err
	}
	s.producer = append(s.producer, kgo.ProducerLinger(linger))
	return s, nil
}
