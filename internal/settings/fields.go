package settings

import (
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"

	"github.com/millrace/millrace/internal/wire"
)

// field is one setting of a role.
type field struct {
	path string // in the file: "agent.scan_every", "kafka.sasl.user"
	key  string // in the target: "scan_every", "kafka.sasl.user"
	env  string // "MILLRACE_AGENT_SCAN_EVERY"
	free int    // of a map whose keys are the user's own, how many maps lie in each other
	// secret: it must not stand on a command line, nor in a file that all may read.
	secret bool
	kind   reflect.Type
}

// fields are all settings of a role.
type fields struct{ byPath map[string]field }

// fieldsOf walks the koanf tags of a pointer to a struct.
func fieldsOf(role string, target any) fields {
	f := fields{byPath: map[string]field{}}
	f.walk(role, "", reflect.TypeOf(target).Elem())
	return f
}

func (f fields) walk(role, parent string, t reflect.Type) {
	for i := range t.NumField() {
		name, option, _ := strings.Cut(t.Field(i).Tag.Get("koanf"), ",")
		if option == "squash" { // an embedded struct whose fields lie beside ours
			f.walk(role, parent, t.Field(i).Type)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		key := name
		if parent != "" {
			key = parent + "." + name
		}
		if kind := t.Field(i).Type; isGroup(kind) {
			f.walk(role, key, kind)
			continue
		}
		top, _, _ := strings.Cut(key, ".")
		path := key
		if !slices.Contains(Shared, top) {
			path = role + "." + key
		}
		f.byPath[path] = field{
			path: path, key: key, free: depth(t.Field(i).Type), kind: t.Field(i).Type,
			secret: t.Field(i).Type == reflect.TypeFor[wire.Secret](),
			env:    EnvPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_")),
		}
	}
}

// depth is how many maps lie in each other in a value of type t.
func depth(t reflect.Type) int {
	n := 0
	for ; t.Kind() == reflect.Map; t = t.Elem() {
		n++
	}
	return n
}

// isGroup reports whether a field holds further fields and is not a value.
func isGroup(t reflect.Type) bool {
	text := reflect.TypeFor[encoding.TextUnmarshaler]()
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[time.Time]() && !reflect.PointerTo(t).Implements(text)
}

// take moves the values of the file that the role reads into values, and
// reports the keys that nobody knows.
func (f fields) take(values, file map[string]any) []error {
	var problems []error
	sections := map[string]bool{}
	for path := range f.byPath {
		top, _, _ := strings.Cut(path, ".")
		sections[top] = true
	}
	for _, section := range slices.Sorted(maps.Keys(file)) {
		if sections[section] {
			problems = append(problems, f.descend(values, section, file[section])...)
		}
	}
	return problems
}

func (f fields) descend(values map[string]any, path string, value any) []error {
	if _, ok := f.byPath[path]; ok {
		values[path] = value
		return nil
	}
	group, ok := value.(map[string]any)
	if value == nil {
		return nil
	}
	if !ok || !f.isPrefix(path) {
		return []error{f.unknown(path)}
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(group)) {
		problems = append(problems, f.descend(values, path+"."+name, group[name])...)
	}
	return problems
}

func (f fields) isPrefix(path string) bool {
	for known := range f.byPath {
		if strings.HasPrefix(known, path+".") {
			return true
		}
	}
	return false
}

// beside lists the keys of the group in which path would lie.
func (f fields) beside(path string) []string {
	parent := path[:strings.LastIndexByte(path, '.')+1]
	names := map[string]bool{}
	for known := range f.byPath {
		if rest, ok := strings.CutPrefix(known, parent); ok {
			name, _, _ := strings.Cut(rest, ".")
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// environ puts what the environment says over values.
func (f fields) environ(values map[string]any, environ []string) {
	set := map[string]string{}
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok {
			set[name] = value
		}
	}
	for _, fd := range f.byPath {
		if value, ok := set[fd.env]; ok {
			values[fd.path] = value
		}
	}
}

// given puts flags over values. Flags of keys that the role does not read are for
// others; secrets are refused, because every user of a machine can read command
// lines.
func (f fields) given(values, flags map[string]any) []error {
	var problems []error
	for _, path := range slices.Sorted(maps.Keys(flags)) {
		fd, ok := f.byPath[path]
		switch {
		case ok && fd.secret:
			problems = append(problems, fmt.Errorf("%s: a command line can be read by everybody on this machine; use %s_file, or the environment's %s", path, path, fd.env))
		case ok:
			values[path] = flags[path]
		case f.inMap(values, path, flags[path]):
		case f.isSection(path) || !isAnySection(path):
			problems = append(problems, f.unknown(path))
		}
	}
	return problems
}

// unknown is the error of a key that is none; it names those that could be meant.
func (f fields) unknown(path string) error {
	if !strings.Contains(path, ".") || !f.isSection(path) {
		return fmt.Errorf("%s: unknown key; keys begin with %s", path, strings.Join(slices.Concat(Shared, Roles), ", "))
	}
	for parent := path; ; { // up to what there is
		parent = parent[:strings.LastIndexByte(parent, '.')]
		if f.isPrefix(parent) {
			return fmt.Errorf("%s: unknown key; the keys beside it are %s", path, strings.Join(f.beside(parent+"."), ", "))
		}
	}
}

// refused are the errors of decoding, each with the path of its key and its value.
func (f fields) refused(values map[string]any, err error) error {
	var bad *mapstructure.DecodeError
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, f.refused(values, one))
		}
		return errors.Join(all...)
	}
	if !errors.As(err, &bad) {
		return err
	}
	key, _, _ := strings.Cut(bad.Name(), "[")
	for path, fd := range f.byPath {
		switch {
		case fd.key != key:
		case fd.secret || fd.free > 0 || key != bad.Name(): // a map may hold a secret
			return fmt.Errorf("%s%s: %w", path, bad.Name()[len(key):], bad.Unwrap())
		default:
			return fmt.Errorf("%s: %w, is %q", path, bad.Unwrap(), fmt.Sprint(values[path]))
		}
	}
	return err
}

// isAnySection reports whether a path lies in a section of some role.
func isAnySection(path string) bool {
	section, _, _ := strings.Cut(path, ".")
	return slices.Contains(Shared, section) || slices.Contains(Roles, section)
}

// isSection reports whether the role reads the section of a path.
func (f fields) isSection(path string) bool {
	section, _, _ := strings.Cut(path, ".")
	return f.isPrefix(section)
}

// private refuses a file that holds a secret and that everybody may read.
func (f fields) private(values map[string]any, path string) error {
	for key, value := range values {
		if fd, ok := f.byPath[key]; ok && isSecret(fd.kind, value) {
			return wire.CheckReadable(path)
		}
	}
	return nil
}

// isSecret reports whether a value of type t is a secret, or holds one.
func isSecret(t reflect.Type, value any) bool {
	if t == reflect.TypeFor[wire.Secret]() {
		return value != nil
	}
	held, _ := value.(map[string]any)
	switch t.Kind() {
	case reflect.Map:
		for _, one := range held {
			if isSecret(t.Elem(), one) {
				return true
			}
		}
	case reflect.Struct:
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("koanf"), ",")
			if one, ok := held[name]; ok && isSecret(t.Field(i).Type, one) {
				return true
			}
		}
	}
	return false
}
