package collect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/millrace/millrace/schemas/index"
	"github.com/millrace/millrace/schemas/topic"
)

// MaxConfigBytes bounds a collection config; etcd takes 1.5 MiB a request.
const MaxConfigBytes = 256 << 10

// Problem is one thing wrong with a config.
type Problem struct {
	// Path is the key path, such as "select.hosts[0]"; empty is the whole.
	Path string `json:"path"`
	// Message says what is wrong and what would be right.
	Message string `json:"message"`
}

// String is the problem on one line.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// Parse reads a collection config strictly and fills in the defaults. It
// reports every problem it finds; the collection is usable only when there is
// none. A name in the config must agree with name. The steps of the pipeline
// are only checked to be a list of objects.
func Parse(name string, config []byte) (*Collection, []Problem) {
	p := parser{}
	c := p.parse(name, config)
	return c, p.problems
}

type parser struct{ problems []Problem }

func (p *parser) add(path, format string, args ...any) {
	p.problems = append(p.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (p *parser) parse(name string, config []byte) *Collection {
	c := &Collection{Name: name}
	if len(config) > MaxConfigBytes {
		p.add("", "the config has %d bytes, more than %d", len(config), MaxConfigBytes)
		return c
	}
	fields := p.object("", config)
	if fields == nil {
		return c
	}
	p.fill(c, fields)
	if err := CheckName(name); err != nil {
		p.add("name", "%v", err)
	}
	if c.Name != name {
		p.add("name", "is %q, but the collection is %q", c.Name, name)
		c.Name = name
	}
	c.withDefaults()
	p.check(c)
	return c
}

// keys of a collection, in the order of the struct; JSON names.
var keys = []string{
	"name", "description", "app", "env", "select", "paths", "inputs", "exclude", "topics", "start", "priority",
	"period", "retention_days", "keep_original", "timezone",
	"multiline", "container", "charset", "max_line_bytes", "limits", "ignore_older", "gzip", "pipeline",
}

func (p *parser) fill(c *Collection, fields map[string]json.RawMessage) {
	targets := map[string]any{
		"name": &c.Name, "description": &c.Description, "app": &c.App, "env": &c.Env,
		"paths": &c.Paths, "inputs": &c.Inputs, "exclude": &c.Exclude, "topics": &c.Topics, "start": &c.Start, "priority": &c.Priority,
		"period": &c.Period, "retention_days": &c.Retention, "keep_original": &c.KeepOriginal, "timezone": &c.Timezone,
	}
	maps.Copy(targets, c.targets())
	for _, key := range sortedKeys(fields) {
		raw := fields[key]
		switch target, ok := targets[key]; {
		case ok:
			p.decode(key, raw, target)
		case key == "select":
			p.fillSelect(c, raw)
		case key == "multiline":
			p.fillMultiline(c, raw)
		case key == "limits":
			p.fillLimits(c, raw)
		case key == "pipeline":
			p.fillPipeline(c, raw)
		default:
			p.add(key, "unknown key%s; the keys are %s", didYouMean(key, keys), strings.Join(keys, ", "))
		}
	}
}

func (p *parser) fillSelect(c *Collection, raw json.RawMessage) {
	fields := p.object("select", raw)
	for _, key := range sortedKeys(fields) {
		switch key {
		case "hosts":
			p.decode("select.hosts", fields[key], &c.Select.Hosts)
		case "labels":
			p.decode("select.labels", fields[key], &c.Select.Labels)
		default:
			p.add("select."+key, "unknown key%s; the keys are hosts, labels", didYouMean(key, []string{"hosts", "labels"}))
		}
	}
}

func (p *parser) fillPipeline(c *Collection, raw json.RawMessage) {
	var steps []json.RawMessage
	p.decode("pipeline", raw, &steps)
	for i, step := range steps {
		p.object(fmt.Sprintf("pipeline[%d]", i), step)
	}
	c.Pipeline = raw
}

// decode reads one value. Elements of lists and maps are read one by one, so
// that a wrong one is named.
func (p *parser) decode(path string, raw json.RawMessage, target any) {
	switch t := target.(type) {
	case *[]string:
		var items []json.RawMessage
		if p.scalar(path, raw, &items, "a list of strings") {
			*t = make([]string, len(items))
			for i, item := range items {
				p.scalar(path+"["+strconv.Itoa(i)+"]", item, &(*t)[i], "a string")
			}
		}
	case *map[string]string:
		var items map[string]json.RawMessage
		if p.scalar(path, raw, &items, "an object of strings") {
			*t = make(map[string]string, len(items))
			for _, k := range sortedKeys(items) {
				var s string
				p.scalar(path+"."+k, items[k], &s, "a string")
				(*t)[k] = s
			}
		}
	case *int:
		p.scalar(path, raw, t, "a whole number")
	case *bool:
		p.scalar(path, raw, t, "true or false")
	case *Duration:
		p.scalar(path, raw, t, `a time such as "5s", "24h" or "7d"`)
	case *[]json.RawMessage:
		p.scalar(path, raw, t, "a list of steps")
	default:
		p.scalar(path, raw, t, "a string")
	}
}

func (p *parser) scalar(path string, raw json.RawMessage, target any, want string) bool {
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		p.add(path, "must be %s, not null", want)
		return false
	}
	if err := json.Unmarshal(raw, target); err != nil {
		p.add(path, "must be %s, not %s", want, excerpt(raw))
		return false
	}
	return true
}

// object reads the fields of a JSON object and reports a key that stands
// twice; nil when it is none.
func (p *parser) object(at string, raw []byte) map[string]json.RawMessage {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		p.add(at, "must be a JSON object%s", syntax(err))
		return nil
	}
	fields := map[string]json.RawMessage{}
	for dec.More() {
		tok, err := dec.Token()
		key, ok := tok.(string)
		var value json.RawMessage
		if err == nil && ok {
			err = dec.Decode(&value)
		}
		if err != nil {
			p.add(at, "is not JSON%s", syntax(err))
			return nil
		}
		if _, twice := fields[key]; twice {
			p.add(join(at, key), "stands twice")
		}
		fields[key] = value
	}
	if _, err := dec.Token(); err != nil {
		p.add(at, "is not JSON%s", syntax(err))
		return nil
	}
	if _, err := dec.Token(); err != io.EOF {
		p.add(at, "something follows the JSON object")
	}
	return fields
}

func (p *parser) check(c *Collection) {
	if c.App == "" {
		p.add("app", "is missing")
	} else if err := topic.CheckApp(c.App); err != nil {
		p.add("app", "%v", err)
	}
	if err := index.CheckEnv(c.Env); err != nil {
		p.add("env", "%v", err)
	}
	p.checkStart(c)
	if c.Period != index.Day && c.Period != index.Week && c.Period != index.Month {
		p.add("period", "must be \"day\", \"week\" or \"month\", not %q", c.Period)
	}
	if c.Retention < 1 || c.Retention > MaxRetention {
		p.add("retention_days", "must be 1 to %d, not %d", MaxRetention, c.Retention)
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "Local" {
		p.add("timezone", "must be a zone such as \"Europe/Berlin\" or \"UTC\", not %q", c.Timezone)
	}
	p.checkSources(c)
	p.checkSelect(c)
	p.checkReading(&c.Reading)
}

func (p *parser) checkSources(c *Collection) {
	if len(c.Paths) == 0 && len(c.Topics) == 0 && len(c.Inputs) == 0 {
		p.add("paths", "is missing: name at least one absolute path or glob")
	}
	for i, name := range c.Inputs {
		if err := CheckInput(name); err != nil {
			p.add(fmt.Sprintf("inputs[%d]", i), "%v", err)
		}
	}
	for i, glob := range c.Paths {
		at := fmt.Sprintf("paths[%d]", i)
		switch {
		case !strings.HasPrefix(glob, "/"):
			p.add(at, "must be an absolute path, not %q", glob)
		case path.Clean(glob) != glob:
			p.add(at, "must be a clean path: write %q", path.Clean(glob))
		case !doublestar.ValidatePattern(glob):
			p.add(at, "is not a valid glob: %q", glob)
		}
	}
	for i, glob := range c.Exclude {
		if glob == "" || !doublestar.ValidatePattern(glob) {
			p.add(fmt.Sprintf("exclude[%d]", i), "is not a valid glob: %q", glob)
		}
	}
	for i, name := range c.Topics {
		if err := checkForeignTopic(name); err != nil {
			p.add(fmt.Sprintf("topics[%d]", i), "%v", err)
		}
	}
}

func (p *parser) checkSelect(c *Collection) {
	for i, glob := range c.Select.Hosts {
		if !validHostGlob(glob) {
			p.add(fmt.Sprintf("select.hosts[%d]", i), "is not a valid glob: %q", glob)
		}
	}
	for _, label := range sortedKeys(c.Select.Labels) {
		if label == "" || !validHostGlob(c.Select.Labels[label]) {
			p.add("select.labels."+label, "is not a valid glob: %q", c.Select.Labels[label])
		}
	}
}

// checkForeignTopic refuses names that Kafka refuses and names of our own.
func checkForeignTopic(name string) error {
	if name == "" || len(name) > 249 || name == "." || name == ".." {
		return fmt.Errorf("must be 1 to 249 characters: %q", name)
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r) {
			return fmt.Errorf("only letters, digits, '.', '_' and '-' may stand in a topic: %q", name)
		}
	}
	own := slices.Contains([]string{topic.Raw, topic.Agents, topic.AgentSources, topic.Stages}, name) || strings.HasPrefix(name, topic.LogsPrefix) ||
		strings.HasPrefix(name, "dead.") || strings.HasPrefix(name, "__") || strings.HasSuffix(name, topic.TableOf(""))
	if own {
		return fmt.Errorf("%q belongs to Millrace or Kafka itself", name)
	}
	return nil
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

func syntax(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

func excerpt(raw []byte) string {
	const most = 60
	if len(raw) > most {
		return strings.ToValidUTF8(string(raw[:most]), "") + "…"
	}
	return string(raw)
}

func sortedKeys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}
