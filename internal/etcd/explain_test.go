package etcd

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/millrace/millrace/internal/wire/wiretest"
)

// member is an etcd with users: root, and agent, who may read /agent/ only. info says
// how it speaks TLS, if at all, with a certificate of ca.
func member(t *testing.T, ca *wiretest.CA, info *transport.TLSInfo, users bool, settings ...func(*embed.Config)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	c := embed.NewConfig()
	c.Dir, c.LogLevel, c.BcryptCost = t.TempDir(), "panic", 4
	client, peer := url.URL{Scheme: "http", Host: addr}, url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	if info != nil {
		client.Scheme, c.ClientTLSInfo = "https", *info
	}
	c.ListenClientUrls, c.AdvertiseClientUrls, c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{client}, []url.URL{client}, nil, []url.URL{peer}
	c.InitialCluster = c.Name + "=" + peer.String()
	for _, set := range settings {
		set(c)
	}
	e, err := embed.StartEtcd(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	<-e.Server.ReadyNotify()
	if users {
		c := Config{Endpoints: []string{addr}}
		if ca != nil {
			cert, key := ca.Client(t, "root")
			c.TLS = TLS{Enabled: true, CAFile: ca.File, CertFile: cert, KeyFile: key}
		}
		addUsers(t, c)
	}
	return addr
}

func addUsers(t *testing.T, c Config) {
	t.Helper()
	client, err := Dial(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, do := range []func() error{
		func() error { _, err := client.UserAdd(ctx, "root", "root"); return err },
		func() error { _, err := client.UserGrantRole(ctx, "root", "root"); return err },
		func() error { _, err := client.RoleAdd(ctx, "agent"); return err },
		func() error {
			_, err := client.RoleGrantPermission(ctx, "agent", "/agent/", clientv3.GetPrefixRangeEnd("/agent/"), clientv3.PermissionType(clientv3.PermRead))
			return err
		},
		func() error { _, err := client.UserAdd(ctx, "agent", "secret"); return err },
		func() error { _, err := client.UserGrantRole(ctx, "agent", "agent"); return err },
		func() error { _, err := client.AuthEnable(ctx); return err },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
}

func tlsOf(t *testing.T, ca *wiretest.CA, cert tls.Certificate, clients bool) *transport.TLSInfo {
	t.Helper()
	certFile, keyFile := ca.Files(t, cert)
	info := &transport.TLSInfo{CertFile: certFile, KeyFile: keyFile, ClientCertAuth: clients}
	if clients {
		info.TrustedCAFile = ca.File
	}
	return info
}

func TestARefusalIsOneLineThatSaysWhatToDo(t *testing.T) {
	ca := wiretest.NewCA(t)
	good := member(t, ca, tlsOf(t, ca, ca.Server(t, "127.0.0.1"), false), true)
	old := member(t, ca, tlsOf(t, ca, ca.Expired(t, "127.0.0.1"), false), false)
	named := member(t, ca, tlsOf(t, ca, ca.Server(t, "etcd.example"), false), false)
	mutual := member(t, ca, tlsOf(t, ca, ca.Server(t, "127.0.0.1"), true), true)
	open := member(t, nil, nil, false)
	cert, key := ca.Client(t, "agent")
	trust := TLS{Enabled: true, CAFile: ca.File}
	const readable, secret = "/agent/x", "/other"
	for name, c := range map[string]struct {
		cfg  Config
		key  string
		want string // after "etcd at ADDR: "; nothing: they let us in
	}{
		"all is right":            {Config{Endpoints: []string{good}, User: "agent", Password: "secret", TLS: trust}, readable, ""},
		"a certificate is a user": {Config{Endpoints: []string{mutual}, TLS: TLS{Enabled: true, CAFile: ca.File, CertFile: cert, KeyFile: key}}, readable, ""},
		"its user may read less":  {Config{Endpoints: []string{mutual}, TLS: TLS{Enabled: true, CAFile: ca.File, CertFile: cert, KeyFile: key}}, secret, "the owner of " + cert + " may not do that"},
		"a wrong password":        {Config{Endpoints: []string{good}, User: "agent", PasswordFile: wiretest.File(t, "x"), TLS: trust}, readable, `user "agent" or its password is wrong; correct etcd.user or what is in `},
		"no log-in":               {Config{Endpoints: []string{good}, TLS: trust}, readable, "it wants a log-in, and we have none; set etcd.user"},
		"a log-in nobody wants":   {Config{Endpoints: []string{open}, User: "agent", Password: "secret"}, secret, ""},
		"a key that is not ours":  {Config{Endpoints: []string{good}, User: "agent", Password: "secret", TLS: trust}, secret, `user "agent" may not do that (`},
		"another authority":       {Config{Endpoints: []string{good}, TLS: TLS{Enabled: true, CAFile: wiretest.NewCA(t).File}}, readable, "its certificate is signed by an authority that we do not trust; put"},
		"and with a password":     {Config{Endpoints: []string{good}, User: "agent", Password: "secret", TLS: TLS{Enabled: true}}, readable, "its certificate is signed by an authority that we do not trust; put"},
		"an expired certificate":  {Config{Endpoints: []string{old}, TLS: trust}, readable, "its certificate has expired on 2"},
		"an unknown name":         {Config{Endpoints: []string{named}, TLS: trust}, readable, "its certificate is for etcd.example, not for 127.0.0.1; use"},
		"no certificate of ours":  {Config{Endpoints: []string{mutual}, TLS: trust}, readable, "it wants a client certificate; set etcd.tls.cert_file and etcd.tls.key_file"},
		"TLS to a plain port":     {Config{Endpoints: []string{open}, TLS: trust}, readable, "this port does not speak TLS, and we do (it closes the connection); name its TLS port, or leave out etcd.tls"},
		"plain to a TLS port":     {Config{Endpoints: []string{good}}, readable, "this port speaks TLS, and we do not; set etcd.tls.enabled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			probe := func(ctx context.Context) error { return c.cfg.Probe(ctx, c.key) }
			wiretest.Refused(t, probe, "etcd at "+c.cfg.Endpoints[0], c.want)
		})
	}
}

// Who asks may have less patience than a probe.
func TestAProbeSaysHowLongItWaited(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err = Config{Endpoints: []string{silent.Addr().String()}}.Probe(ctx, "/x")
	if err == nil || strings.Contains(err.Error(), probeTimeout.String()) || !strings.Contains(err.Error(), "no answer within ") {
		t.Errorf("got %v", err)
	}
}

func TestNobodyThereIsNoRefusal(t *testing.T) {
	probe := func(ctx context.Context) error { return Config{Endpoints: []string{"127.0.0.1:1"}}.Probe(ctx, "/x") }
	wiretest.Unreachable(t, probe, "127.0.0.1:1")
}
