package elastic

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"

	"github.com/millrace/millrace/internal/wire"
)

const (
	// dialTimeout bounds how long a silent address is tried.
	dialTimeout = 5 * time.Second
	// idleConns are kept open to each address: more than any caller has in flight.
	idleConns = 32
)

// Config says where the search store is and how to talk to it.
type Config struct {
	// Addresses are URLs such as https://es1:9200, at least one. Requests go round.
	Addresses []string `koanf:"addresses" yaml:"addresses"`
	// APIKey (base64, as Kibana shows it) or User and Password say who we are; both
	// empty means that nobody asks. The files are read by New, their last newline cut.
	APIKey       Secret `koanf:"api_key" yaml:"api_key"`
	APIKeyFile   string `koanf:"api_key_file" yaml:"api_key_file"`
	User         string `koanf:"user" yaml:"user"`
	Password     Secret `koanf:"password" yaml:"password"`
	PasswordFile string `koanf:"password_file" yaml:"password_file"`
	// TLS is for addresses with https. Its key enabled may be left out: the addresses
	// say it.
	TLS wire.TLS `koanf:"tls" yaml:"tls"`
}

// Secret is text that is never printed.
type Secret = wire.Secret

// Validate reports every problem, each beginning with the path of its key. It
// reads no file.
func (c Config) Validate() error {
	var errs []error
	bad := func(key, text string) { errs = append(errs, fmt.Errorf("%s: %s", key, text)) }
	if len(c.Addresses) == 0 {
		bad("addresses", "must name at least one URL")
	}
	for i, a := range c.Addresses {
		if _, err := address(a); err != nil {
			bad(fmt.Sprintf("addresses[%d]", i), err.Error())
		}
	}
	key := c.APIKey != "" || c.APIKeyFile != ""
	if key && c.User != "" {
		bad("api_key", "set either an API key or a user, not both")
	}
	if c.APIKey != "" && c.APIKeyFile != "" {
		bad("api_key", "set at most one of api_key and api_key_file")
	}
	if c.Password != "" && c.PasswordFile != "" {
		bad("password", "set at most one of password and password_file")
	}
	if (c.User != "") != (c.Password != "" || c.PasswordFile != "") {
		bad("user", "set both or neither of user and password (or password_file)")
	}
	if c.TLS != (wire.TLS{}) && !c.secure() {
		bad("tls", "every address must begin with https:// when keys of tls are set")
	}
	return errors.Join(append(errs, c.tls().Problems()...)...)
}

// secure reports whether every address is reached with TLS.
func (c Config) secure() bool {
	return !slices.ContainsFunc(c.Addresses, func(a string) bool { return !strings.HasPrefix(a, "https://") })
}

// tls are the settings with what the addresses say.
func (c Config) tls() wire.TLS {
	t := c.TLS
	t.Enabled = t.Enabled || c.secure()
	return t
}

var errAddress = errors.New("must be a URL such as https://es1:9200, without user, password and query")

// address reads a URL. Its error does not repeat the text, which may hold a password.
func address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errAddress
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return u, nil
}

// Loopback reports whether every address is this machine's own: compression would
// only cost there.
func (c Config) Loopback() bool {
	for _, a := range c.Addresses {
		u, err := address(a)
		if err != nil {
			return false
		}
		ip := net.ParseIP(u.Hostname())
		if u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}

// Client sends requests to the store; it serves as esapi.Transport. Safe for
// concurrent use.
type Client struct {
	*elastictransport.Client
	cfg         Config
	connections *http.Transport
}

// Close refuses further requests and closes the connections that are idle. Those in
// use end with their requests.
func (c *Client) Close(ctx context.Context) error {
	err := c.Client.Close(ctx)
	c.connections.CloseIdleConnections()
	if err != nil {
		return fmt.Errorf("elasticsearch: %w", err)
	}
	return nil
}

// New makes a client. It dials nothing, repeats nothing and has no time limit: the
// request's context is the limit.
func New(c Config) (*Client, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	connections, err := c.transport()
	if err != nil {
		return nil, err
	}
	who, err := newSigned(c, neutral{connections})
	if err != nil {
		return nil, err
	}
	urls := make([]*url.URL, len(c.Addresses))
	for i, a := range c.Addresses {
		if urls[i], err = address(a); err != nil {
			return nil, fmt.Errorf("elasticsearch: addresses[%d]: %w", i, err)
		}
	}
	client, err := elastictransport.NewClient(
		elastictransport.WithURLs(urls...),
		elastictransport.WithUserAgent("millrace"),
		elastictransport.WithTransport(who),
		elastictransport.WithDisableRetry(),
	)
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	return &Client{Client: client, cfg: c, connections: connections}, nil
}

func (c Config) transport() (*http.Transport, error) {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dial,
		TLSHandshakeTimeout:   dialTimeout,
		MaxIdleConns:          0,
		MaxIdleConnsPerHost:   idleConns,
		IdleConnTimeout:       90 * time.Second,
		WriteBufferSize:       64 << 10, // bulk bodies are megabytes
		ExpectContinueTimeout: time.Second,
	}
	var err error
	if t.TLSClientConfig, err = c.tls().Config(); err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	return t, nil
}
