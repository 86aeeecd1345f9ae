package main

// file says which pipeline a collection of a file's lines would have.
type file struct {
	name     string
	format   string
	pipeline string // instead of the one step of format
	// twins are formats that no reader could tell from this one by the file's lines alone.
	twins []string
}

// common are the servers that write the same common or combined log line.
var common = []string{"nginx.access", "apache.access", "tomcat.access", "jetty.access", "varnish.access", "traefik.access"}

var files = []file{
	{name: "apache_access", format: "apache.access"},
	{name: "apache_error", format: "apache.error"},
	{name: "cassandra", format: "cassandra"},
	{name: "docker_json", format: "docker"},
	{name: "elasticsearch_server", format: "elasticsearch"},
	{name: "flink", format: "flink"},
	{name: "hadoop_log4j", format: "hadoop"},
	{name: "haproxy", format: "haproxy"},
	{name: "iis_access", format: "iis.access"},
	{name: "java_multiline", format: "auto", twins: []string{"elasticsearch"}}, // of Kafka, ZooKeeper and Elasticsearch
	{name: "jetty_access", format: "jetty.access", twins: common},
	{name: "json_lines", format: "json"},
	{name: "k8s_cri", format: "cri"},
	{name: "kafka_log4j", format: "kafka"},
	{name: "logfmt", format: "logfmt"},
	{name: "logstash", format: "logstash"},
	{name: "mongodb", format: "mongodb"},
	{name: "mysql_error", format: "mysql.error"},
	{name: "mysql_slow", format: "mysql.slow"},
	{name: "nginx_access", format: "nginx.access"},
	{name: "nginx_error", format: "nginx.error"},
	{name: "nginx_ingress", format: "nginx.ingress"},
	{name: "postgresql", format: "postgresql"},
	{name: "redis", format: "redis"},
	{name: "solr", format: "solr"},
	{name: "syslog_rfc3164", format: "syslog"},
	{name: "syslog_rfc5424", format: "syslog"},
	{name: "tomcat_access", format: "tomcat.access", twins: common},
	{name: "tomcat_catalina", format: "tomcat.catalina"},
	{name: "traefik_access", format: "traefik.access"},
	{name: "varnish_access", format: "varnish.access", twins: common},
	{name: "wildfly", format: "wildfly"},
	{name: "zookeeper_log4j", format: "zookeeper"},
}

func (f file) steps() string {
	if f.pipeline != "" {
		return f.pipeline
	}
	return `[{"format": "` + f.format + `"}]`
}
