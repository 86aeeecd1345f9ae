package etcd

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/wire"
)

const (
	// authTimeout bounds the log-in of Dial.
	authTimeout = 5 * time.Second
	// A server that answers no ping within keepAliveEvery + keepAliveTimeout is
	// taken for gone, and another endpoint is tried.
	keepAliveEvery   = 10 * time.Second
	keepAliveTimeout = 5 * time.Second
	// redialMost is the longest pause between two tries to connect; with grpc's
	// own 2 minutes a short outage would be felt long after it is over.
	redialMost = 3 * time.Second
)

// Dial makes a client. Without a user it does not wait for a server: the first
// request does, so give each request a ctx that ends. With a user it logs in, and
// fails after 5 s when no server answers; ctx can end that earlier, and has no
// meaning for the client afterwards. The client's own log goes to log at debug
// level. The caller closes the client. An error is explained, see [Config.Explain].
func Dial(ctx context.Context, c Config, log *slog.Logger) (*clientv3.Client, error) {
	client, err := dial(ctx, c, log)
	if err != nil {
		return nil, c.Explain(ctx, err)
	}
	return client, nil
}

func dial(ctx context.Context, c Config, log *slog.Logger) (*clientv3.Client, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	password, err := wire.Reveal("password_file", c.Password, c.PasswordFile)
	if err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	secure, err := c.TLS.Config()
	if err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	clientCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	client, err := clientv3.New(clientv3.Config{
		Context:              clientCtx,
		Endpoints:            c.urls(),
		Username:             c.User,
		Password:             password,
		TLS:                  secure,
		DialTimeout:          authTimeout,
		DialKeepAliveTime:    keepAliveEvery,
		DialKeepAliveTimeout: keepAliveTimeout,
		Logger:               obs.Zap(obs.Component(log, "etcd"), slog.LevelDebug),
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: redialMost},
			MinConnectTimeout: redialMost,
		})},
	})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("etcd: connect to %v: %w", c.Endpoints, err)
	}
	if !stop() { // ctx ended meanwhile and took the client's with it
		return nil, fmt.Errorf("etcd: connect: %w", closeAfter(client, context.Cause(ctx)))
	}
	return client, nil
}

func closeAfter(client *clientv3.Client, cause error) error {
	_ = client.Close() // it was never used; cause says it all
	return cause
}
