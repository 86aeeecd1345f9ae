package demo

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/millrace/millrace/deploy/samples"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/index"
)

// pipelines read the shop's logs. The access log has the request's id behind the user
// agent, the workers their level before the text.
var pipelines = [streams]string{
	Access: `[{"format":"nginx.access"},{"dissect":{"pattern":"%{?line} req=%{http.request.id}"}}]`,
	App:    `[{"format":"json"}]`,
	Worker: `[{"format":"syslog"},{"dissect":{"pattern":"%{log.level} %{message}"}}]`,
}

var titles = [streams]string{
	Access: "The demo shop's nginx", App: "The demo shop's application, with stack traces", Worker: "The demo shop's background jobs",
}

// escape makes a glob that matches a path with special characters only itself.
var escape = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`, `{`, `\{`, `}`, `\}`)

// Glob is the pattern of everything below a folder, whatever it is called.
func Glob(dir string) string { return escape.Replace(dir) + "/**" }

// Collections are what collects the logs of a shop that writes to dir, an absolute path.
func Collections(dir string) ([]samples.Collection, error) {
	all := make([]samples.Collection, streams)
	for i, name := range [streams]string{Access: "shop-access", App: "shop-app", Worker: "shop-worker"} {
		config, err := json.Marshal(&collect.Collection{
			Name: name, Description: titles[i], App: name, Paths: []string{escape.Replace(filepath.Join(dir, Names[i])) + "*"},
			Select: collect.Select{Hosts: []string{"*"}, Labels: map[string]string{}}, Env: collect.DefaultEnv, Start: collect.Beginning,
			Period: index.Day, Retention: collect.DefaultRetention, Timezone: "UTC", Pipeline: json.RawMessage(pipelines[i]),
		})
		if err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
		all[i] = samples.Collection{Name: name, Config: config}
	}
	return all, nil
}
