package enrich

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/schemas/revision"
)

// Spec lets tests try the step without Kafka and etcd.
func Spec(partitions int32, get func(context.Context, revision.ID) (refine.Found, error), reg prometheus.Registerer) processors.Spec {
	return spec(partitions, get, nil, newMetrics(reg), nil, slog.New(slog.DiscardHandler))
}
