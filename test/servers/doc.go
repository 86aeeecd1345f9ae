// Package servers starts the servers that Millrace works with in production, for
// tests, the chaos harness and benchmarks: Apache Kafka, etcd, Elasticsearch and,
// where a Java of 21 or newer is found, OpenSearch.
//
// They run as child processes on free loopback ports, from programs of pinned
// versions and checked digests that are fetched once into a cache folder
// (MILLRACE_MAVEN names another repository than Maven Central). Data lies in a
// folder of its own outside the checkout and is removed by Close unless the caller
// named it.
//
// Each process can be killed, paused and started again on the same ports and data.
// None outlives its owner: children sit in process groups of their own and the
// kernel kills them when the process that started them ends, however it ends.
//
// KafkaFor, EtcdFor and SearchFor are the forms for tests; they skip, and say why,
// when MILLRACE_REAL is not set and
// what this machine cannot run.
package servers
