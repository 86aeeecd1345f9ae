package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

const (
	// dialTimeout bounds a look at one address.
	dialTimeout = 3 * time.Second
	// alertWait is how long a server may take to object to our certificate. In TLS
	// 1.3 it does so after the handshake is over for us.
	alertWait = 500 * time.Millisecond
)

// Look asks the ports themselves why no request succeeds: clients of our libraries
// often say no more than that the connection was closed. It returns the first
// refusal that an address gives, and nil where they are silent or TLS is well. cause
// is what the client said; the refusal wraps it.
func Look(ctx context.Context, server string, addrs []string, t TLS, cause error) *Refusal {
	for _, addr := range addrs {
		if r := t.look(ctx, server, addr); r != nil {
			r.Server, r.Addr = server, addr
			if r.Err == nil {
				r.Err = cause
			} else if cause != nil {
				r.Err = errors.Join(cause, r.Err)
			}
			return r
		}
	}
	return nil
}

func (t TLS) look(ctx context.Context, server, addr string) *Refusal {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil // not reachable: no refusal
	}
	defer func() { _ = raw.Close() }() // nothing was sent that matters
	if !t.Enabled {
		if speaksTLS(ctx, raw) {
			return &Refusal{What: "this port speaks TLS, and we do not", Do: fmt.Sprintf("set %s.tls.enabled and %s.tls.ca_file, or name a port without TLS", server, server)}
		}
		return nil
	}
	c, err := t.Config()
	if err != nil {
		return &Refusal{What: "a file of the TLS settings cannot be used", Do: server + "." + err.Error(), Err: err}
	}
	if c.ServerName == "" {
		c.ServerName, _, _ = net.SplitHostPort(addr) // the address was dialled, so it has both
	}
	return t.read(server, c.ServerName, handshake(ctx, tls.Client(raw, c)))
}

// handshake shakes hands and waits a little for an objection.
func handshake(ctx context.Context, c *tls.Conn) error {
	if err := c.HandshakeContext(ctx); err != nil {
		return err
	}
	if err := c.SetReadDeadline(time.Now().Add(alertWait)); err != nil {
		return err
	}
	var one [1]byte
	if _, err := c.Read(one[:]); isAlert(err) {
		return err
	}
	return nil
}

// speaksTLS offers TLS, trusting anybody, to learn whether the port would take it.
// Nothing else is said.
func speaksTLS(ctx context.Context, raw net.Conn) bool {
	c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // no secret passes; only the fact of an answer counts
	err := c.HandshakeContext(ctx)
	return err == nil || isAlert(err)
}

// isAlert reports whether the other side objected by the rules of TLS.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// read says what a failed handshake means.
func (t TLS) read(server, name string, err error) *Refusal {
	refuse := func(what, do string) *Refusal { return &Refusal{What: what, Do: do, Err: err} }
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		host    x509.HostnameError
		header  tls.RecordHeaderError
		file    *fs.PathError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &file):
		return refuse("our certificate cannot be read", fmt.Sprintf("%s.%v", server, err))
	case errors.As(err, &unknown):
		return refuse("its certificate is signed by an authority that we do not trust", "put the authority's certificate into "+t.authorities(server))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return refuse(expiry(invalid.Cert), "renew it on the server, or correct a clock")
	case errors.As(err, &invalid):
		return refuse("its certificate is not valid: "+invalid.Error(), "replace it on the server")
	case errors.As(err, &host):
		return refuse(fmt.Sprintf("its certificate is for %s, not for %s", namesOf(host.Certificate), name),
			fmt.Sprintf("use one of those names as the address, or set %s.tls.server_name", server))
	case errors.As(err, &header):
		return refuse("this port does not speak TLS, and we do", fmt.Sprintf("name its TLS port, or leave out %s.tls", server))
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return refuse("this port does not speak TLS, and we do (it closes the connection)", fmt.Sprintf("name its TLS port, or leave out %s.tls", server))
	case isAlert(err):
		return t.objection(server, refuse, err)
	}
	return nil // too slow
}

// objection says what the server has against us.
func (t TLS) objection(server string, refuse func(what, do string) *Refusal, err error) *Refusal {
	text := err.Error()
	switch {
	case strings.Contains(text, "protocol version"):
		return refuse("it does not speak the version of TLS that we ask for", fmt.Sprintf("lower %s.tls.min_version, or raise the server's", server))
	case !strings.Contains(text, "certificate"):
		return refuse("it ends the TLS handshake: "+text, "see the server's log")
	case t.CertFile == "":
		return refuse("it wants a client certificate", fmt.Sprintf("set %s.tls.cert_file and %s.tls.key_file", server, server))
	default:
		return refuse(fmt.Sprintf("it refuses our certificate %s (%s)", t.CertFile, text[strings.LastIndex(text, ": ")+2:]),
			fmt.Sprintf("renew it, or have the server trust its authority (%s.tls.cert_file)", server))
	}
}

func (t TLS) authorities(server string) string {
	if t.CAFile == "" {
		return fmt.Sprintf("a file and name it in %s.tls.ca_file", server)
	}
	return fmt.Sprintf("%s (%s.tls.ca_file)", t.CAFile, server)
}

func expiry(c *x509.Certificate) string {
	if now := time.Now(); now.Before(c.NotBefore) {
		return fmt.Sprintf("its certificate is not valid before %s", c.NotBefore.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("its certificate has expired on %s", c.NotAfter.UTC().Format(time.RFC3339))
}

// namesOf are the names in a certificate, as a text of bounded length.
func namesOf(c *x509.Certificate) string {
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	const most = 5
	switch {
	case len(names) == 0:
		return "no name"
	case len(names) > most:
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// CheckReadable reports a file that others than its owner and group may read. What
// holds a secret must not be one.
func CheckReadable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o004 != 0 {
		return fmt.Errorf("%s holds a secret and everybody may read it: chmod o-rwx %s, or name the secret's own file with the key's _file", path, path)
	}
	return nil
}
