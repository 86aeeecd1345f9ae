// Package settings fills a role's configuration: a flag wins over the
// environment, that over the YAML file, that over the default.
//
// One file serves every role of a host. Its sections kafka, etcd,
// elasticsearch and log are shared; each role reads one section more, of its
// own name. A key that nobody knows is an error that names it.
package settings

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
)

// EnvPrefix begins the name of every variable: MILLRACE_KAFKA_BROKERS is
// kafka.brokers, MILLRACE_AGENT_SCAN_EVERY is agent.scan_every. Lists are
// written with commas, maps as name=value with commas.
const EnvPrefix = "MILLRACE_"

// Shared are the sections that every role may read.
var Shared = []string{"kafka", "etcd", "elasticsearch", "log"}

// Roles are the sections that belong to one role each; extra processors share one.
var Roles = []string{"agent", "processor", "extra", "indexer", "admin"}

// Source says where settings come from.
type Source struct {
	// File is the path of a YAML file; empty means none.
	File string
	// Environ are NAME=value pairs, as os.Environ gives them.
	Environ []string
	// Flags are the flags that were given, by key path of the file.
	Flags map[string]any
}

// Load fills target, a pointer to a struct with koanf tags that holds the
// defaults. Fields named like a shared section come from it, all others from
// the section of the role. The error lists every problem with its key path.
func (s Source) Load(role string, target any) error {
	file, err := s.readFile()
	if err != nil {
		return err
	}
	known := fieldsOf(role, target)
	values := map[string]any{}
	problems := known.take(values, file)
	if err := known.private(values, s.File); err != nil {
		problems = append(problems, fmt.Errorf("config: %w", err))
	}
	known.environ(values, s.Environ)
	problems = append(problems, known.given(values, s.Flags)...)
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	return decode(known, values, target)
}

// readFile returns the file as a map of sections.
func (s Source) readFile() (map[string]any, error) {
	if s.File == "" {
		return nil, nil
	}
	text, err := os.ReadFile(s.File)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	sections, err := yaml.Parser().Unmarshal(text)
	if err != nil {
		return nil, fmt.Errorf("config %s: %w", s.File, err)
	}
	all := slices.Concat(Shared, Roles)
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("config %s: unknown section %q; the sections are %s", s.File, name, strings.Join(all, ", "))
		}
	}
	return sections, nil
}

// decode writes the values, by key path of the file, into the target.
func decode(known fields, values map[string]any, target any) error {
	inner := make(map[string]any, len(values))
	for path, value := range values {
		inner[known.byPath[path].key] = value
	}
	k := koanf.New(".")
	if err := k.Load(confmap.Provider(inner, "."), nil); err != nil {
		return err
	}
	return known.refused(values, k.UnmarshalWithConf("", target, koanf.UnmarshalConf{
		Tag: "koanf",
		DecoderConfig: &mapstructure.DecoderConfig{
			DecodeHook: mapstructure.ComposeDecodeHookFunc(
				mapstructure.StringToTimeDurationHookFunc(), mapstructure.TextUnmarshallerHookFunc(),
				mapstructure.StringToSliceHookFunc(","), pairsHook,
			),
			WeaklyTypedInput: true,
			ErrorUnused:      true, // in the elements of lists; all other keys were checked before
			Result:           target,
			TagName:          "koanf",
		},
	}))
}
