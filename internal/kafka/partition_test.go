package kafka

import (
	"fmt"
	"testing"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
)

func TestPartitionIsThatOfGokaAndSarama(t *testing.T) {
	s, err := Config{Brokers: []string{"k:1"}}.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	ours := s.Producer.Partitioner("t")
	gokas := sarama.NewCustomHashPartitioner(goka.DefaultHasher())("t")
	for i := range 10_000 {
		key := fmt.Sprintf("host-%d.example", i)
		n := int32(1 + i%97)
		got := Partition([]byte(key), n)
		for name, p := range map[string]sarama.Partitioner{"our producer": ours, "goka's producer": gokas} {
			if want, err := p.Partition(&sarama.ProducerMessage{Key: sarama.StringEncoder(key)}, n); err != nil || got != want {
				t.Fatalf("Partition(%s, %d) = %d, %s takes %d (%v)", key, n, got, name, want, err)
			}
		}
		// goka looks a key up in its table like this
		h := goka.DefaultHasher()()
		h.Write([]byte(key))
		want := int32(h.Sum32())
		if want < 0 {
			want = -want
		}
		if want %= n; got != want {
			t.Fatalf("Partition(%s, %d) = %d, goka's tables take %d", key, n, got, want)
		}
	}
}
