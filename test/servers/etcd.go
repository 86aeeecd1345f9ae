package servers

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/millrace/millrace/internal/etcd"
)

// Root is the user of a secure etcd who may do everything, with Password.
const Root = "root"

// EtcdOptions says which etcd to start. The zero value is three plain members.
type EtcdOptions struct {
	// Members is 3 when 0.
	Members int
	// Secure serves clients through TLS only and asks for user and password.
	Secure bool
	// ClientCertificate refuses clients without a certificate. Needs Secure.
	ClientCertificate bool
	// Dir keeps the data after Close; a folder that goes with it when empty.
	Dir string
}

// Etcd is a running cluster of the server that go.mod names.
type Etcd struct {
	*Cluster
	// Certificates of a secure cluster, else nil.
	Certificates *Certificates

	options EtcdOptions
	clients []int       // ports
	locked  atomic.Bool // members ask who we are
}

// StartEtcd builds etcd if it is not in the cache, starts its members and waits
// until they serve.
func StartEtcd(ctx context.Context, o EtcdOptions) (*Etcd, error) {
	o.Members = defaultTo(o.Members, 3)
	binary, err := buildMember(ctx)
	if err != nil {
		return nil, err
	}
	c, err := newCluster(o.Dir, "etcd")
	if err != nil {
		return nil, err
	}
	e := &Etcd{Cluster: c, options: o}
	if err := e.prepare(binary); err != nil {
		return nil, c.fail(err)
	}
	if err := c.start(ctx); err != nil {
		return nil, c.fail(err)
	}
	if o.Secure && !e.locked.Load() {
		if err := e.askForPasswords(ctx); err != nil {
			return nil, c.fail(err)
		}
	}
	return e, nil
}

const (
	memberPackage = "github.com/millrace/millrace/test/servers/member"
	etcdModule    = "go.etcd.io/etcd/server/v3"
)

// buildMember builds the server of one member, once for each version of etcd.
func buildMember(ctx context.Context) (string, error) {
	version, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", etcdModule).Output()
	if err != nil {
		return "", fmt.Errorf("which etcd to build: %w", err)
	}
	dir, err := cached("etcd-"+strings.TrimSpace(string(version)), func(dir string) error {
		return run(ctx, "", "go", "build", "-o", filepath.Join(dir, "etcd"), memberPackage)
	})
	return filepath.Join(dir, "etcd"), err
}

func (e *Etcd) prepare(binary string) error {
	all, err := freePorts(2 * e.options.Members)
	if err != nil {
		return err
	}
	peers := all[:e.options.Members]
	e.clients = all[e.options.Members:]
	security := ""
	if e.options.Secure {
		if e.Certificates, err = makeCertificates(filepath.Join(e.dir, "tls")); err != nil {
			return err
		}
		asked := "" // naming an authority alone makes etcd ask for certificates
		if e.options.ClientCertificate {
			asked = fmt.Sprintf(", trusted-ca-file: %q, client-cert-auth: true", e.Certificates.CA)
		}
		security = fmt.Sprintf("client-transport-security: {cert-file: %q, key-file: %q%s}\n", e.Certificates.ServerCert, e.Certificates.ServerKey, asked)
	}
	var members []string
	for i, port := range peers {
		members = append(members, fmt.Sprintf("etcd-%d=http://%s", i, address(port)))
	}
	for i := range peers {
		name := fmt.Sprintf("etcd-%d", i)
		client := fmt.Sprintf("%s://%s", e.scheme(), address(e.clients[i]))
		config, err := e.write(name+".yaml", fmt.Sprintf(`name: %s
data-dir: %q
listen-peer-urls: http://%s
initial-advertise-peer-urls: http://%s
listen-client-urls: %s
advertise-client-urls: %s
initial-cluster: %q
initial-cluster-state: new
enable-grpc-gateway: false
bcrypt-cost: 4
log-level: warn
%s`, name, filepath.Join(e.dir, name), address(peers[i]), address(peers[i]), client, client, strings.Join(members, ","), security))
		if err != nil {
			return err
		}
		endpoint := address(e.clients[i])
		e.nodes = append(e.nodes, &node{program: program{
			name: name, path: binary, args: []string{config}, log: filepath.Join(e.dir, name+".log"),
			probe: func(ctx context.Context) error { return e.serves(ctx, endpoint) },
		}})
	}
	return nil
}

func (e *Etcd) scheme() string {
	if e.options.Secure {
		return "https"
	}
	return "http"
}

// serves asks a member for its status: without a user while etcd asks for none.
func (e *Etcd) serves(ctx context.Context, endpoint string) error {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	config := e.Config()
	config.Endpoints = []string{endpoint}
	if !e.locked.Load() {
		config.User, config.Password = "", ""
	}
	client, err := etcd.Dial(ctx, config, nil)
	if err != nil {
		return err
	}
	defer client.Close()
	status, err := client.Status(ctx, endpoint)
	if err == nil && status.Leader == 0 {
		err = fmt.Errorf("%s knows no leader", endpoint)
	}
	if errors.Is(err, rpctypes.ErrUserEmpty) { // data of an earlier start
		e.locked.Store(true)
	}
	return err
}

// askForPasswords makes root and turns authentication on.
func (e *Etcd) askForPasswords(ctx context.Context) error {
	config := e.Config()
	config.User, config.Password = "", ""
	client, err := etcd.Dial(ctx, config, nil)
	if err != nil {
		return err
	}
	defer client.Close()
	for _, step := range []func() error{
		func() error { _, err := client.RoleAdd(ctx, Root); return err },
		func() error { _, err := client.UserAdd(ctx, Root, Password); return err },
		func() error { _, err := client.UserGrantRole(ctx, Root, Root); return err },
		func() error { _, err := client.AuthEnable(ctx); return err },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	e.locked.Store(true)
	return nil
}

// Grant is a right to keys with a prefix.
type Grant struct {
	Prefix string
	Write  bool // besides reading
}

// AddUser makes a user, with Password, who may do what is granted and nothing else.
func (e *Etcd) AddUser(ctx context.Context, user string, grants ...Grant) error {
	client, err := etcd.Dial(ctx, e.Config(), nil)
	if err != nil {
		return err
	}
	defer client.Close()
	if _, err := client.RoleAdd(ctx, user); err != nil {
		return err
	}
	for _, g := range grants {
		kind := clientv3.PermissionType(clientv3.PermRead)
		if g.Write {
			kind = clientv3.PermissionType(clientv3.PermReadWrite)
		}
		if _, err := client.RoleGrantPermission(ctx, user, g.Prefix, clientv3.GetPrefixRangeEnd(g.Prefix), kind); err != nil {
			return err
		}
	}
	if _, err := client.UserAdd(ctx, user, Password); err != nil {
		return err
	}
	_, err = client.UserGrantRole(ctx, user, user)
	return err
}

// Config is how to reach the members: as root when the cluster is secure.
func (e *Etcd) Config() etcd.Config { return e.As(Root) }

// As is how a user reaches the members; a cluster that is not secure knows no users.
func (e *Etcd) As(user string) etcd.Config {
	config := etcd.Config{Endpoints: addresses(e.clients)}
	if e.options.Secure {
		config.User, config.Password = user, Password
		config.TLS = etcd.TLS{Enabled: true, CAFile: e.Certificates.CA}
		if e.options.ClientCertificate {
			config.TLS.CertFile, config.TLS.KeyFile = e.Certificates.ClientCert, e.Certificates.ClientKey
		}
	}
	return config
}
