package settings

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// inMap puts the value of one key into a map, as with agent.labels.zone=eu, and reports
// whether path is that of such a key.
func (f fields) inMap(values map[string]any, path string, value any) bool {
	for parent, fd := range f.byPath {
		rest, ok := strings.CutPrefix(path, parent+".")
		keys := strings.SplitN(rest, ".", fd.free)
		if ok && fd.free > 0 && len(keys) == fd.free && !slices.Contains(keys, "") {
			values[parent] = with(values[parent], keys, value)
			return true
		}
	}
	return false
}

// with is a copy of a map in which a key has another value. The map may be nil, one of
// maps, or the environment's text of one.
func with(held any, keys []string, value any) any {
	if len(keys) == 0 {
		return value
	}
	all := map[string]any{}
	switch held := held.(type) {
	case map[string]any:
		maps.Copy(all, held)
	case string:
		pairs, err := pairs(held)
		if err != nil {
			return held // decoding will say what is wrong with it
		}
		for name, value := range pairs {
			all[name] = value
		}
	}
	all[keys[0]] = with(all[keys[0]], keys[1:], value)
	return all
}

// pairsHook reads "a=1,b=2" as a map.
func pairsHook(from, to reflect.Type, data any) (any, error) {
	if from.Kind() != reflect.String || to.Kind() != reflect.Map {
		return data, nil
	}
	return pairs(reflect.ValueOf(data).String())
}

func pairs(text string) (map[string]string, error) {
	pairs := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not name=value", part)
		}
		pairs[name] = value
	}
	return pairs, nil
}
