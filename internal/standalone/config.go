package standalone

import (
	"bytes"
	"fmt"
	"strconv"
	"text/template"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/topics"
	"github.com/millrace/millrace/internal/wire"
)

// configFile is written by hand because the types hide their secrets.
var configFile = template.Must(template.New("config").Funcs(template.FuncMap{
	"reveal": func(s wire.Secret) string { return strconv.Quote(string(s)) },
}).Parse(`# How to reach the embedded servers. Written at each start; it holds passwords.
kafka:
  brokers: [{{range $i, $b := .Kafka.Brokers}}{{if $i}}, {{end}}{{printf "%q" $b}}{{end}}]
  sasl:
    mechanism: {{.Kafka.SASL.Mechanism}}
    user: {{.Kafka.SASL.User}}
    password: {{reveal .Kafka.SASL.Password}}
etcd:
  endpoints: [{{range $i, $e := .Etcd.Endpoints}}{{if $i}}, {{end}}{{printf "%q" $e}}{{end}}]
  user: {{.Etcd.User}}
  password: {{reveal .Etcd.Password}}
elasticsearch:
  addresses: [{{range $i, $a := .Search.Addresses}}{{if $i}}, {{end}}{{printf "%q" $a}}{{end}}]
  api_key: {{reveal .Search.APIKey}}
admin:
  topics:
    partitions: {{.Topics.Partitions}}
    replication: {{.Topics.Replication}}
    raw_retention: {{.Topics.Raw}}
    logs_retention: {{.Topics.Logs}}
    dead_retention: {{.Topics.Dead}}
`))

// WriteConfig writes a config file (YAML, for its owner only) with which every
// role reaches the servers.
func (s *Servers) WriteConfig(path string) error {
	var b bytes.Buffer
	err := configFile.Execute(&b, struct {
		Kafka  kafka.Config
		Etcd   etcd.Config
		Search elastic.Config
		Topics topics.Plan
	}{s.Kafka(), s.Etcd(), s.Search(), s.cfg.Topics})
	if err != nil {
		return fmt.Errorf("standalone: config file: %w", err)
	}
	return writePrivate(path, b.Bytes())
}
