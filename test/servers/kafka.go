package servers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/kafka"
)

// Users of secure servers, and their password.
const (
	// Superuser may do everything in Kafka and in Elasticsearch.
	Superuser = "superuser"
	// Password is every user's.
	Password = "correct-horse"
)

// KafkaOptions says which Kafka to start. The zero value is one plain node.
type KafkaOptions struct {
	// Nodes is 1 when 0. With three, topics have three replicas, of which two must
	// have a record before it counts as written.
	Nodes int
	// Secure adds to each node a listener with TLS and SASL (SCRAM-SHA-512,
	// SCRAM-SHA-256, PLAIN), and one like it whose certificate has expired.
	Secure bool
	// Users may log in besides Superuser, with Password. Needs Secure.
	Users []string
	// ACL refuses to Users what no ACL allows. The plain listener stays almighty.
	// Needs Secure.
	ACL bool
	// Advertised adds to each node a listener whose clients are told this address
	// instead of its own: that of a proxy, say. Brokers talk to one another as before.
	Advertised []string
	// HeapMB of each node; 384 when 0.
	HeapMB int
	// Settings are added to server.properties and win over ours.
	Settings map[string]string
	// JVM flags that win over ours, such as -XX:TieredStopAtLevel=4 for long runs.
	JVM []string
	// Dir keeps the data after Close; a folder that goes with it when empty.
	Dir string
}

// Kafka is a running cluster of combined brokers and controllers.
type Kafka struct {
	*Cluster
	// Certificates of a secure cluster, else nil.
	Certificates *Certificates

	plain, secure, expired, behind []int // ports
}

const kafkaDependencies = `
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.25.5</version></dependency>`

// clusterID is any 16 bytes.
const clusterID = "bWlsbHJhY2UtdGVzdHMtMQ"

const log4j = `status = warn
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{HH:mm:ss.SSS} %p %m (%c{1})%n%throwable
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
`

// StartKafka starts Apache Kafka 4.4.0 in KRaft mode and waits until every node
// serves. The error is ErrMissing when this machine lacks Java.
func StartKafka(ctx context.Context, o KafkaOptions) (*Kafka, error) {
	o.Nodes, o.HeapMB = max(1, o.Nodes), defaultTo(o.HeapMB, 384)
	java, err := javaHome(ctx, kafkaJava)
	if err != nil {
		return nil, err
	}
	jars, err := artifact{name: "kafka-4.4.0", pom: kafkaDependencies}.install(ctx, nil)
	if err != nil {
		return nil, err
	}
	c, err := newCluster(o.Dir, "kafka")
	if err != nil {
		return nil, err
	}
	k := &Kafka{Cluster: c}
	if err := k.prepare(ctx, o, filepath.Join(java, "bin", "java"), filepath.Join(jars, "*")); err != nil {
		return nil, c.fail(err)
	}
	if err := c.start(ctx); err != nil {
		return nil, c.fail(err)
	}
	return k, nil
}

// prepare writes the configuration of every node and formats its storage.
func (k *Kafka) prepare(ctx context.Context, o KafkaOptions, java, classpath string) error {
	all, err := freePorts(5 * o.Nodes)
	if err != nil {
		return err
	}
	control := all[:o.Nodes]
	k.plain, k.behind = all[o.Nodes:2*o.Nodes], all[4*o.Nodes:]
	if o.Secure {
		k.secure, k.expired = all[2*o.Nodes:3*o.Nodes], all[3*o.Nodes:4*o.Nodes]
		if k.Certificates, err = makeCertificates(filepath.Join(k.dir, "tls")); err != nil {
			return err
		}
	}
	logging, err := k.write("log4j2.properties", log4j)
	if err != nil {
		return err
	}
	flags := []string{"-Dlog4j2.configurationFile=file:" + logging, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.awt.headless=true", "-cp", classpath}
	var formats errgroup.Group
	for i := range o.Nodes {
		config, err := k.write(fmt.Sprintf("kafka-%d/server.properties", i), k.properties(o, i, control))
		if err != nil {
			return err
		}
		k.nodes = append(k.nodes, &node{program: program{
			name:   fmt.Sprintf("kafka-%d", i),
			path:   java,
			args:   append(append(append([]string{"-Xms64m", fmt.Sprintf("-Xmx%dm", o.HeapMB)}, flags...), o.JVM...), "kafka.Kafka", config),
			log:    filepath.Join(k.dir, fmt.Sprintf("kafka-%d.log", i)),
			marker: "Kafka Server started",
		}})
		if _, err := os.Stat(filepath.Join(k.dir, fmt.Sprintf("kafka-%d/data/meta.properties", i))); err == nil {
			continue // data of an earlier start
		}
		formats.Go(func() error { return run(ctx, k.dir, java, append(flags, format(o, config)...)...) })
	}
	return formats.Wait()
}

func format(o KafkaOptions, config string) []string {
	args := []string{"kafka.tools.StorageTool", "format", "-t", clusterID, "-c", config}
	if o.Secure {
		for _, user := range append([]string{Superuser}, o.Users...) {
			for _, mechanism := range []string{kafka.ScramSHA512, kafka.ScramSHA256} {
				args = append(args, "--add-scram", fmt.Sprintf("%s=[name=%s,password=%s]", mechanism, user, Password))
			}
		}
	}
	return args
}

// properties is the text of a node's server.properties; of a repeated key the last
// one wins.
func (k *Kafka) properties(o KafkaOptions, i int, control []int) string {
	var b strings.Builder
	set := func(key, value string, args ...any) { fmt.Fprintf(&b, key+"="+value+"\n", args...) }
	var voters []string
	for n, port := range control {
		voters = append(voters, fmt.Sprintf("%d@%s", n+1, address(port)))
	}
	listeners, protocols := "PLAINTEXT://"+address(k.plain[i]), "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"
	if o.Secure {
		listeners += ",SECURE://" + address(k.secure[i]) + ",EXPIRED://" + address(k.expired[i])
		protocols += ",SECURE:SASL_SSL,EXPIRED:SASL_SSL"
		k.secureProperties(o, set)
	}
	advertised := listeners
	if len(o.Advertised) > 0 {
		listeners += ",BEHIND://" + address(k.behind[i])
		advertised += ",BEHIND://" + o.Advertised[i]
		protocols += ",BEHIND:PLAINTEXT"
	}
	replicas := min(3, o.Nodes)
	set("process.roles", "broker,controller")
	set("node.id", "%d", i+1)
	set("broker.rack", "rack-%d", i+1)
	set("controller.quorum.voters", "%s", strings.Join(voters, ","))
	set("controller.listener.names", "CONTROLLER")
	set("listeners", "%s,CONTROLLER://%s", listeners, address(control[i]))
	set("advertised.listeners", "%s", advertised)
	set("listener.security.protocol.map", "%s", protocols)
	set("inter.broker.listener.name", "PLAINTEXT")
	set("log.dirs", "%s", filepath.Join(k.dir, fmt.Sprintf("kafka-%d", i), "data"))
	set("auto.create.topics.enable", "false")
	set("default.replication.factor", "%d", replicas)
	set("min.insync.replicas", "%d", max(1, replicas-1))
	for _, internal := range []string{"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"} {
		set(internal+".replication.factor", "%d", replicas)
		set(internal+".num.partitions", "4") // few: memory and start stay small
	}
	set("transaction.state.log.min.isr", "%d", max(1, replicas-1))
	set("share.coordinator.state.topic.min.isr", "%d", max(1, replicas-1))
	set("group.initial.rebalance.delay.ms", "0") // else each first start of a group takes 3 s
	set("group.min.session.timeout.ms", "1000")  // tests kill members and wait for it
	set("log.cleaner.dedupe.buffer.size", "16777216")
	for key, value := range o.Settings {
		set(key, "%s", value)
	}
	return b.String()
}

func (k *Kafka) secureProperties(o KafkaOptions, set func(key, value string, args ...any)) {
	const login = "org.apache.kafka.common.security."
	set("sasl.enabled.mechanisms", "SCRAM-SHA-512,SCRAM-SHA-256,PLAIN")
	set("ssl.truststore.type", "PEM")
	set("ssl.truststore.location", "%s", k.Certificates.CA)
	plain := login + "plain.PlainLoginModule required"
	for _, user := range append([]string{Superuser}, o.Users...) {
		plain += fmt.Sprintf(" user_%s=%q", user, Password)
	}
	for listener, keystore := range map[string]string{"secure": k.Certificates.serverKeystore, "expired": k.Certificates.expiredKeystore} {
		at := "listener.name." + listener + "."
		set(at+"ssl.keystore.type", "PEM")
		set(at+"ssl.keystore.location", "%s", keystore)
		set(at+"scram-sha-512.sasl.jaas.config", login+"scram.ScramLoginModule required;")
		set(at+"scram-sha-256.sasl.jaas.config", login+"scram.ScramLoginModule required;")
		set(at+"plain.sasl.jaas.config", "%s;", plain)
	}
	if o.ACL {
		set("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
		set("super.users", "User:ANONYMOUS;User:%s", Superuser)
	}
}

// Config is how to reach the plain listeners.
func (k *Kafka) Config() kafka.Config { return kafka.Config{Brokers: addresses(k.plain)} }

// Behind are the addresses of the listeners whose clients are told others; see
// KafkaOptions.Advertised.
func (k *Kafka) Behind() []string { return addresses(k.behind) }

// Secure is how a user reaches the listeners with TLS and SCRAM-SHA-512.
func (k *Kafka) Secure(user string) kafka.Config { return k.login(user, k.secure) }

// Expired is how a user reaches the listeners whose certificate has expired.
func (k *Kafka) Expired(user string) kafka.Config { return k.login(user, k.expired) }

func (k *Kafka) login(user string, ports []int) kafka.Config {
	return kafka.Config{
		Brokers: addresses(ports),
		SASL:    kafka.SASL{Mechanism: kafka.ScramSHA512, User: user, Password: Password},
		TLS:     kafka.TLS{Enabled: true, CAFile: k.Certificates.CA},
	}
}

func addresses(ports []int) []string {
	var list []string
	for _, port := range ports {
		list = append(list, address(port))
	}
	return list
}

func defaultTo(n, value int) int {
	if n == 0 {
		return value
	}
	return n
}
