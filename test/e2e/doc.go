// Package e2e runs the built binaries as people run them and counts every line.
//
// Its tests write files, kill processes with SIGKILL at random moments and ask
// the HTTP API what became of each line: all of them once, none twice. The
// default sizes suit every test run; MILLRACE_E2E_LINES makes them larger.
//
// The servers are the embedded ones, and with MILLRACE_REAL=1 three brokers of Apache
// Kafka, three members of etcd and an Elasticsearch (MILLRACE_REAL=opensearch: an
// OpenSearch), which all tests share and each finds empty.
package e2e
