package servers

import (
	"context"
	"errors"
	"os"
	"testing"
)

// Wanted reports whether tests on real servers were asked for, with MILLRACE_REAL=1,
// as make test-real does.
func Wanted() bool { return os.Getenv("MILLRACE_REAL") != "" }

// KafkaFor starts a Kafka that ends with the test, and skips the test when this
// machine cannot run one.
func KafkaFor(tb testing.TB, o KafkaOptions) *Kafka {
	tb.Helper()
	return started(tb, o, StartKafka)
}

// EtcdFor starts an etcd that ends with the test.
func EtcdFor(tb testing.TB, o EtcdOptions) *Etcd {
	tb.Helper()
	return started(tb, o, StartEtcd)
}

// SearchFor starts a search store that ends with the test, and skips the test when
// this machine cannot run one.
func SearchFor(tb testing.TB, o SearchOptions) *Search {
	tb.Helper()
	return started(tb, o, StartSearch)
}

func started[O any, S interface{ Close() error }](tb testing.TB, o O, start func(context.Context, O) (S, error)) S {
	tb.Helper()
	if !Wanted() {
		tb.Skip("skipped: real servers are for make test-real")
	}
	s, err := start(tb.Context(), o)
	if errors.Is(err, ErrMissing) {
		tb.Skipf("skipped: %v", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}
