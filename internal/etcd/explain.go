package etcd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/millrace/millrace/internal/wire"
)

// server is how refusals and the settings call etcd.
const server = "etcd"

// Explain turns an error of a client made with c into a [wire.Refusal] where etcd
// refuses us, and returns it as it is otherwise. It may ask the members' ports, which
// takes up to three seconds for each.
func (c Config) Explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	if r := c.refusal(err); r != nil {
		return r
	}
	if !isSilence(err) {
		return err
	}
	if r := wire.Look(ctx, server, c.addrs(), c.TLS, err); r != nil {
		return r
	}
	return err
}

// isSilence reports whether no member said anything that can be understood.
func isSilence(err error) bool {
	code := status.Code(err)
	return errors.Is(err, context.DeadlineExceeded) || code == codes.DeadlineExceeded || code == codes.Unavailable
}

// refusal reads what etcd said.
func (c Config) refusal(err error) *wire.Refusal {
	refuse := func(what, do string) *wire.Refusal {
		return &wire.Refusal{Server: server, Addr: strings.Join(c.Endpoints, ","), What: what, Do: do, Err: err}
	}
	var old *wire.Refusal
	if errors.As(err, &old) {
		return old
	}
	answer := said(err)
	switch {
	case errors.Is(answer, rpctypes.ErrAuthFailed):
		return refuse(fmt.Sprintf("user %q or its password is wrong", c.User), "correct etcd.user or "+c.secret())
	case errors.Is(answer, rpctypes.ErrUserEmpty):
		return refuse("it wants a log-in, and we have none", "set etcd.user with etcd.password_file, or a client certificate whose common name is the user (etcd.tls.cert_file)")
	case errors.Is(answer, rpctypes.ErrPermissionDenied):
		return refuse(fmt.Sprintf("%s may not do that (%s)", c.who(), err), "grant it the prefixes of its role, see docs/security.md")
	}
	return nil
}

// said is etcd's own error inside of what its client returns.
func said(err error) error {
	for ; err != nil; err = errors.Unwrap(err) {
		if known := rpctypes.Error(err); errors.As(known, new(rpctypes.EtcdError)) {
			return known
		}
	}
	return nil
}

// who is who we are to etcd.
func (c Config) who() string {
	if c.User == "" && c.TLS.CertFile != "" {
		return "the owner of " + c.TLS.CertFile
	}
	return fmt.Sprintf("user %q", c.User)
}

// secret is where the password comes from.
func (c Config) secret() string {
	if c.PasswordFile == "" {
		return "etcd.password"
	}
	return fmt.Sprintf("what is in %s (etcd.password_file)", c.PasswordFile)
}

// addrs are the endpoints as host:port.
func (c Config) addrs() []string {
	var out []string
	for _, text := range c.urls() {
		if u, err := url.Parse(text); err == nil {
			out = append(out, u.Host)
		}
	}
	return out
}

// probeTimeout bounds the request of a probe; who asks may have less patience. With a log-in before it and a look at
// the port behind it, an answer is there within ten seconds.
const probeTimeout = 4 * time.Second

// Probe logs in and reads a key, once; key must be one that the role may read, and
// need not be there. The error is a [wire.Refusal] where etcd refuses us, and any
// other where no member can be reached.
func (c Config) Probe(ctx context.Context, key string) error {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	client, err := dial(limited, c, slog.New(slog.DiscardHandler))
	if err == nil {
		defer func() { _ = client.Close() }() // it has served
		_, err = client.Get(limited, key)
	}
	if limited.Err() != nil {
		err = fmt.Errorf("no answer within %v: %w", time.Since(began).Round(100*time.Millisecond), context.DeadlineExceeded)
	}
	if err != nil {
		return c.Explain(ctx, fmt.Errorf("etcd at %s: %w", strings.Join(c.Endpoints, ","), err))
	}
	return nil
}
