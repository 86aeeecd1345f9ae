package servers

import (
	"context"
	_ "embed" // the plugin's source
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// SearchOptions says which search store to start. The zero value is Elasticsearch.
type SearchOptions struct {
	// OpenSearch instead of Elasticsearch; needs Java 21.
	OpenSearch bool
	// HeapMB is 512 when 0.
	HeapMB int
	// JVM flags that win over ours.
	JVM []string
	// Secure serves HTTPS only and asks for a user: Superuser, who may do everything, or
	// one of Users. Elasticsearch only.
	Secure bool
	// Users may log in with Password; the value is the user's role, which is one of Roles.
	Users map[string]string
	// Roles is the text of roles.yml.
	Roles []byte
	// Dir keeps the data after Close; a folder that goes with it when empty.
	Dir string
}

// Search is a running node of Elasticsearch or OpenSearch.
type Search struct {
	*Cluster
	// Certificates of a secure node, else nil.
	Certificates *Certificates

	port int
}

// product is what differs between the two.
type product struct {
	name     string
	artifact artifact
	java     int
	prefix   string // of its environment variables
	finish   func(ctx context.Context, home, java string) error
}

const zip1 = `<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version><type>zip</type>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>`

func elasticsearch() product {
	return product{
		name: "elasticsearch", java: kafkaJava, prefix: "ES", finish: buildPlugin,
		artifact: artifact{
			name: "elasticsearch-" + elasticVersion, unpack: "elasticsearch-" + elasticVersion + ".zip",
			pom: fmt.Sprintf(zip1, "org.elasticsearch.distribution.integ-test-zip", "elasticsearch", elasticVersion),
		},
	}
}

func openSearch() product {
	return product{
		name: "opensearch", java: openSearchJava, prefix: "OPENSEARCH",
		artifact: artifact{
			name: "opensearch-" + openSearchVersion, unpack: "opensearch-" + openSearchVersion + ".zip",
			pom: fmt.Sprintf(zip1, "org.opensearch.distribution.integ-test-zip", "opensearch", openSearchVersion),
		},
	}
}

const (
	elasticVersion    = "8.19.21"
	openSearchVersion = "3.8.0"
)

// StartSearch starts one node and waits until its indices are usable. The error is
// ErrMissing when this machine lacks the Java it needs.
func StartSearch(ctx context.Context, o SearchOptions) (*Search, error) {
	p := elasticsearch()
	if o.OpenSearch {
		p = openSearch()
	}
	java, err := javaHome(ctx, p.java)
	if err != nil {
		return nil, err
	}
	home, err := p.artifact.install(ctx, func(dir string) error {
		if p.finish == nil {
			return nil
		}
		return p.finish(ctx, dir, java)
	})
	if err != nil {
		return nil, err
	}
	c, err := newCluster(o.Dir, p.name)
	if err != nil {
		return nil, err
	}
	s := &Search{Cluster: c}
	if err := s.prepare(p, o, home, java); err != nil {
		return nil, c.fail(err)
	}
	if err := c.start(ctx); err != nil {
		return nil, c.fail(err)
	}
	return s, nil
}

const searchSettings = `cluster.name: millrace-test
node.name: n1
path.data: %s/data
path.logs: %s/logs
network.host: 127.0.0.1
http.port: %d
transport.port: %d
discovery.type: single-node
# a disk that is nearly full must not make the node read-only
cluster.routing.allocation.disk.threshold_enabled: false
action.destructive_requires_name: false
`

func (s *Search) prepare(p product, o SearchOptions, home, java string) error {
	found, err := freePorts(2)
	if err != nil {
		return err
	}
	s.port = found[0]
	config := filepath.Join(s.dir, "config")
	if err := os.RemoveAll(config); err != nil { // of an earlier start
		return err
	}
	if err := os.CopyFS(config, os.DirFS(filepath.Join(home, "config"))); err != nil {
		return err
	}
	if err := s.options(filepath.Join(config, "jvm.options")); err != nil {
		return err
	}
	settings := fmt.Sprintf(searchSettings, s.dir, s.dir, found[0], found[1])
	switch {
	case o.Secure:
		if err := s.lock(config, o); err != nil {
			return err
		}
		settings += secureSearch
	case !o.OpenSearch:
		settings += "xpack.security.enabled: false\n"
	}
	if _, err := s.write("config/"+p.name+".yml", settings); err != nil {
		return err
	}
	for _, name := range []string{"data", "logs", "tmp", "config"} {
		if err := s.giveAway(name); err != nil {
			return err
		}
	}
	heap := defaultTo(o.HeapMB, 512)
	flags := fmt.Sprintf("-Xms%dm -Xmx%dm -XX:TieredStopAtLevel=1", heap, heap)
	for _, f := range o.JVM {
		flags += " " + f
	}
	s.nodes = []*node{{program: program{
		name: p.name, path: filepath.Join(home, "bin", p.name), log: filepath.Join(s.dir, "out.log"), noRoot: true, probe: s.serves,
		env: []string{
			p.prefix + "_JAVA_HOME=" + java, p.prefix + "_PATH_CONF=" + config,
			p.prefix + "_TMPDIR=" + filepath.Join(s.dir, "tmp"), p.prefix + "_JAVA_OPTS=" + flags,
		},
	}}}
	return nil
}

var (
	heapOption = regexp.MustCompile(`(?m)^-Xm[sx].*`)
	logOption  = regexp.MustCompile(`([=:])logs/`)
)

// options takes the heap out of jvm.options and sends its logs to the node's own
// folder: the program's is shared and not writable.
func (s *Search) options(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text = heapOption.ReplaceAll(text, nil)
	text = logOption.ReplaceAll(text, []byte("${1}"+s.dir+"/logs/"))
	return os.WriteFile(file, text, 0o644)
}

// giveAway makes a folder and gives it to the user that the node runs as.
func (s *Search) giveAway(name string) error {
	dir := filepath.Join(s.dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, nobody, nobody)
	})
}

// serves asks whether every index has its primary shards.
func (s *Search) serves(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/_cluster/health?wait_for_status=yellow&timeout=2s", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := s.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s (%w)", resp.Status, text, err)
	}
	return nil
}

//go:embed plugin/RootPlugin.java
var rootPlugin []byte

const descriptor = `description=GET / for the reduced distribution
version=1
name=millrace-root
java.version=17
elasticsearch.version=` + elasticVersion + `
classname=millrace.root.RootPlugin
`

// buildPlugin compiles the answer to GET / and puts it among the plugins.
func buildPlugin(ctx context.Context, home, java string) error {
	javac := filepath.Join(java, "bin", "javac")
	if _, err := os.Stat(javac); err != nil {
		return fmt.Errorf("%w: %s has no compiler: apt-get install openjdk-%d-jdk-headless", ErrMissing, java, kafkaJava)
	}
	plugin := filepath.Join(home, "plugins", "millrace-root")
	classes := filepath.Join(home, "plugins", "classes")
	if err := os.MkdirAll(plugin, 0o755); err != nil {
		return err
	}
	defer os.RemoveAll(classes)
	source := filepath.Join(plugin, "RootPlugin.java")
	if err := os.WriteFile(source, rootPlugin, 0o644); err != nil {
		return err
	}
	if err := run(ctx, home, javac, "--release", "17", "-proc:none", "-nowarn", "-cp", filepath.Join(home, "lib", "*"), "-d", classes, source); err != nil {
		return err
	}
	if err := run(ctx, home, filepath.Join(java, "bin", "jar"), "cf", filepath.Join(plugin, "millrace-root.jar"), "-C", classes, "."); err != nil {
		return err
	}
	if err := os.Remove(source); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(plugin, "plugin-descriptor.properties"), []byte(descriptor), 0o644)
}
