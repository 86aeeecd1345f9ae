package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/settings"
)

// Common are the flags that every role has.
type Common struct {
	Config    string            `short:"c" placeholder:"FILE" env:"MILLRACE_CONFIG" help:"YAML file with the settings of all roles."`
	Set       map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"Any setting by its path in the file, such as kafka.brokers=b1:9092,b2:9092. Not for secrets."`
	LogLevel  string            `placeholder:"LEVEL" help:"What to log: debug, info, warn or error."`
	LogFormat string            `placeholder:"FORMAT" help:"How to log: text or json."`
}

// Source is where the settings come from. flags maps key paths of the file to
// the values of flags; those with an empty value were not given.
func (c *Common) Source(env *Env, flags map[string]any) settings.Source {
	given := map[string]any{}
	for path, value := range c.Set {
		given[path] = value
	}
	for path, value := range flags {
		if !empty(value) {
			given[path] = value
		}
	}
	for path, value := range map[string]string{"log.level": c.LogLevel, "log.format": c.LogFormat} {
		if value != "" {
			given[path] = value
		}
	}
	return settings.Source{File: c.Config, Environ: env.Environ, Flags: given}
}

func empty(value any) bool {
	switch v := value.(type) {
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	case map[string]string:
		return len(v) == 0
	}
	return false
}

// Monitor is the flag of the roles that serve nothing but their health.
type Monitor struct {
	Metrics string `placeholder:"ADDR" help:"Serve /metrics, /healthz and /readyz here, such as 127.0.0.1:9091."`
}

// shutdownGrace is how long open requests may take at the end.
const shutdownGrace = time.Second

// Serve serves the health of a process until ctx ends; nothing without an address.
func (m *Monitor) Serve(ctx context.Context, t Telemetry, health *obs.Health) error {
	if m.Metrics == "" {
		<-ctx.Done()
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", m.Metrics)
	if err != nil {
		return fmt.Errorf("--metrics %s: %w", m.Metrics, err)
	}
	server := &http.Server{Handler: obs.Handler(health, obs.MetricsHandler(t.Registry)), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
		defer cancel()
		_ = server.Shutdown(grace) // what is still open then is cut with the process
	})
	t.Log.Info("serving metrics", "addr", listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
