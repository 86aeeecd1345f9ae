package elastic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/millrace/millrace/internal/wire"
)

// server is how refusals and the settings call the search store.
const server = "elasticsearch"

// Perform sends a request. Where the store refuses us, the error is a [wire.Refusal]:
// around an [*Error] if the store said so, else around what the connection said.
func (c *Client) Perform(r *http.Request) (*http.Response, error) {
	res, err := c.Client.Perform(r)
	if err != nil {
		return nil, c.cfg.explain(r.Context(), err)
	}
	if res.StatusCode != http.StatusUnauthorized && res.StatusCode != http.StatusForbidden {
		return res, nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxErrorBody))
	_ = res.Body.Close() // its end was read, or is of no use
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	said := new(*Error)
	errors.As(Check(&esapi.Response{StatusCode: res.StatusCode, Body: io.NopCloser(bytes.NewReader(body))}), said)
	if refusal := c.cfg.refusal(*said); refusal != nil {
		return nil, refusal
	}
	res.Body = io.NopCloser(bytes.NewReader(body)) // a block on an index, for one, is 403, too
	return res, nil
}

// refusal reads what the store said.
func (c Config) refusal(said *Error) *wire.Refusal {
	refuse := func(what, do string) *wire.Refusal {
		return &wire.Refusal{Server: server, Addr: strings.Join(c.Addresses, ","), What: what, Do: do, Err: said}
	}
	who, secret := c.who()
	switch {
	case said.Status == http.StatusUnauthorized && who == "":
		return refuse("it wants a log-in, and we have none", "set elasticsearch.api_key_file, or elasticsearch.user with elasticsearch.password_file")
	case said.Status == http.StatusUnauthorized:
		return refuse(who+" is not let in", "correct "+secret)
	case said.Type == "security_exception":
		return refuse(fmt.Sprintf("%s lacks a privilege (%s)", who, said.Reason), "give it those of its role, see docs/security.md")
	}
	return nil
}

// who is who we are, and where that is set; both empty when nobody asks.
func (c Config) who() (who, set string) {
	switch {
	case c.APIKeyFile != "":
		return "our API key", fmt.Sprintf("what is in %s (elasticsearch.api_key_file)", c.APIKeyFile)
	case c.APIKey != "":
		return "our API key", "elasticsearch.api_key"
	case c.PasswordFile != "":
		return fmt.Sprintf("user %q", c.User), fmt.Sprintf("elasticsearch.user or what is in %s (elasticsearch.password_file)", c.PasswordFile)
	case c.User != "":
		return fmt.Sprintf("user %q", c.User), "elasticsearch.user or elasticsearch.password"
	}
	return "", ""
}

// explain asks the ports why a request got no answer, if they can be reached.
func (c Config) explain(ctx context.Context, err error) error {
	var op *net.OpError
	if ctx.Err() != nil || Classify(err) == ShuttingDown || (errors.As(err, &op) && op.Op == "dial") {
		return err
	}
	for _, text := range c.Addresses {
		u, e := address(text)
		if e != nil {
			continue
		}
		t := c.TLS
		t.Enabled = u.Scheme == "https"
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		if !t.Enabled {
			t = wire.TLS{}
		}
		if r := wire.Look(ctx, server, []string{net.JoinHostPort(u.Hostname(), port)}, t, err); r != nil {
			r.Addr = text
			r.Do = strings.NewReplacer(
				"set elasticsearch.tls.enabled and elasticsearch.tls.ca_file", "begin the address with https:// and set elasticsearch.tls.ca_file",
				"leave out elasticsearch.tls", "begin the address with http://").Replace(r.Do)
			return r
		}
	}
	return err
}

// probeTimeout bounds the request of a probe. With a look at the ports behind it, an
// answer is there within ten seconds.
const probeTimeout = 5 * time.Second

// Probe asks the store for something that need not be there, once. The error is a [wire.Refusal] where
// it refuses us, and any other where it cannot be reached.
func (c Config) Probe(ctx context.Context) error {
	client, err := New(c)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close(ctx) }() // nothing is under way
	limited, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	res, err := esapi.IndicesGetIndexTemplateRequest{Name: probed}.Do(limited, client)
	if err != nil {
		if limited.Err() != nil {
			err = c.explain(ctx, fmt.Errorf("elasticsearch: no answer within %v", probeTimeout))
		}
		return err
	}
	defer func() { _ = res.Body.Close() }() // it was read, or is of no use
	if err := Check(res); err != nil && res.StatusCode == http.StatusBadRequest {
		return c.explain(ctx, err) // what a TLS port may say to those who do not speak TLS
	}
	return nil
}

// probed is the template that a probe asks for; every role of ours may read those.
const probed = "millrace-probe"
