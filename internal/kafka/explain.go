package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/internal/wire"
	"github.com/millrace/millrace/schemas/topic"
)

// server is how refusals and the settings call Kafka.
const server = "kafka"

// Explain turns an error of a client, producer or consumer made with c into a
// [wire.Refusal] where the brokers refuse us, and returns it as it is otherwise. It
// may ask the brokers' ports, which takes up to three seconds for each.
func (c Config) Explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, ErrMismatch) || errors.Is(err, sarama.ErrClosedClient) {
		return err
	}
	if r := c.refusal(err); r != nil {
		return r
	}
	if !cutOff(err) {
		return err
	}
	if r := wire.Look(ctx, server, c.Brokers, c.TLS, err); r != nil {
		return r
	}
	switch {
	case c.TLS.Enabled && c.speaksPlainly():
		return c.refuse(err, "this port does not speak TLS, and we do", "name its TLS port, or leave out kafka.tls")
	case !errors.Is(err, io.EOF):
		return err
	case c.SASL.Mechanism == "":
		return c.refuse(err, "the connection is closed before anything is said", "if the brokers want a log-in, set kafka.sasl")
	}
	// Apache Kafka says why; others just close.
	return c.refuse(err, fmt.Sprintf("the connection is closed when user %q logs in (%s)", c.SASL.User, c.SASL.Mechanism),
		"correct kafka.sasl.mechanism, kafka.sasl.user or "+c.SASL.secret())
}

// speaksPlainly asks the brokers for what anybody may ask, without TLS and without
// saying who we are.
func (c Config) speaksPlainly() bool {
	open := Config{Brokers: c.Brokers}
	sc, err := open.Sarama()
	if err != nil {
		return false
	}
	sc.Net.DialTimeout, sc.Net.ReadTimeout = plainTimeout, plainTimeout
	sc.ApiVersionsRequest = false // it is asked below
	for _, addr := range c.Brokers {
		b := sarama.NewBroker(addr)
		if b.Open(sc) != nil {
			continue
		}
		_, err := b.ApiVersions(&sarama.ApiVersionsRequest{}) // a silent one connects, too
		_ = b.Close()                                         // it may not be open
		if err == nil {
			return true
		}
	}
	return false
}

// refuse makes a refusal of the cluster.
func (c Config) refuse(err error, what, do string) *wire.Refusal {
	return &wire.Refusal{Server: server, Addr: strings.Join(c.Brokers, ","), What: what, Do: do, Err: err}
}

// refusal reads what a broker said.
func (c Config) refusal(err error) *wire.Refusal {
	var old *wire.Refusal
	if errors.As(err, &old) {
		return old
	}
	switch {
	case isAny(err, sarama.ErrSASLAuthenticationFailed):
		return c.refuse(err, fmt.Sprintf("user %q or its password is wrong (%s)", c.SASL.User, c.SASL.Mechanism), "correct kafka.sasl.user or "+c.SASL.secret())
	case isAny(err, sarama.ErrUnsupportedSASLMechanism):
		return c.refuse(err, "it does not offer "+c.SASL.Mechanism, "set kafka.sasl.mechanism to one that it offers")
	case isAny(err, sarama.ErrIllegalSASLState):
		return c.refuse(err, "this port wants no log-in, and we log in", "name the port with SASL, or leave out kafka.sasl")
	}
	if isAny(err, denials...) {
		return c.refuse(err, fmt.Sprintf("%s lacks an ACL (%s)", c.who(), strings.ReplaceAll(err.Error(), "\n", ", ")),
			"give it those of its role, see docs/security.md")
	}
	return nil
}

// denials are what brokers answer where an ACL is missing.
var denials = []error{
	sarama.ErrTopicAuthorizationFailed, sarama.ErrGroupAuthorizationFailed,
	sarama.ErrClusterAuthorizationFailed, sarama.ErrTransactionalIDAuthorizationFailed,
}

// who is who we are to the brokers.
func (c Config) who() string {
	switch {
	case c.SASL.User != "":
		return fmt.Sprintf("user %q", c.SASL.User)
	case c.TLS.CertFile != "":
		return "the owner of " + c.TLS.CertFile
	}
	return "the anonymous user"
}

// secret is where the password comes from.
func (s SASL) secret() string {
	if s.PasswordFile == "" {
		return "kafka.sasl.password"
	}
	return fmt.Sprintf("what is in %s (kafka.sasl.password_file)", s.PasswordFile)
}

// cutOff reports whether no broker said anything that can be understood, though one
// could be reached.
func cutOff(err error) bool {
	var op *net.OpError
	switch {
	case errors.As(err, new(sarama.KError)):
		return false
	case errors.As(err, &op) && op.Op == "dial":
		return false
	}
	return true
}

// probeTimeout bounds the log-in of a probe. With a look at the port behind it, an
// answer is there within ten seconds.
const probeTimeout = 4 * time.Second

// explainTimeout bounds the looks at all ports, but for the end of the last one.
const explainTimeout = 3 * time.Second

// plainTimeout bounds the attempt to talk without TLS.
const plainTimeout = time.Second

// againAfter is how long after a connection was cut off a probe tries once more: a
// broker that is being stopped does that, too.
const againAfter = 300 * time.Millisecond

// Probe logs in at the brokers, one after the other, until one lets us in. One that says
// nothing leaves time for those behind it. The error is a [wire.Refusal] where one
// refuses us, and any other where none can be reached.
func (c Config) Probe(ctx context.Context) error {
	if _, err := c.Sarama(); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	errs := make([]error, len(c.Brokers))
	for i, addr := range c.Brokers {
		if errs[i] = c.ask(within, addr, len(c.Brokers)-i); errs[i] == nil {
			return nil
		}
		if r := c.refusal(errs[i]); r != nil {
			return r
		}
	}
	ctx, cancel = context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	for i, addr := range c.Brokers {
		one := c
		one.Brokers = []string{addr}
		err := one.Explain(ctx, errs[i])
		if errors.As(err, new(*wire.Refusal)) {
			return err
		}
		errs[i] = fmt.Errorf("kafka at %s: %w", addr, err)
	}
	return errors.Join(errs...)
}

// ask greets one of so many brokers that share the time that is left.
func (c Config) ask(ctx context.Context, addr string, sharers int) error {
	sc, err := c.Sarama()
	if err != nil {
		return err
	}
	share := probeTimeout
	if end, ok := ctx.Deadline(); ok {
		share = time.Until(end) / time.Duration(sharers)
	}
	ctx, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	dialer := NewDialer()
	dialer.net.Timeout = max(share, time.Millisecond) // 0 would be no limit
	dialer.Use(sc)
	defer context.AfterFunc(ctx, dialer.Kill)()
	err = greet(sarama.NewBroker(addr), sc)
	if errors.Is(err, io.EOF) {
		sleep.For(ctx, againAfter)
		err = greet(sarama.NewBroker(addr), sc)
	}
	return err
}

// greet says to one broker what only those may say who are logged in.
func greet(b *sarama.Broker, sc *sarama.Config) error {
	if err := b.Open(sc); err != nil {
		return err
	}
	_, err := b.Connected()
	if err != nil {
		return err // it is not open
	}
	_, err = b.GetMetadata(sarama.NewMetadataRequest(sc.Version, []string{topic.Raw}))
	return errors.Join(err, b.Close())
}
