package dissect

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Role says what a key does with the text it takes.
type Role uint8

// The roles.
const (
	Take   Role = iota // %{key}
	Append             // %{+key}
	Skip               // %{} and %{?key}
	Name               // %{*key}
	Value              // %{&key}
)

// Key is one key of a pattern.
type Key struct {
	Name  string
	Role  Role
	Order int // of Append: n of /n, else 0

	padded bool
	until  []byte // the literal behind the key; empty for the last
}

// Pattern is a compiled pattern. It does not change.
type Pattern struct {
	start []byte // literal before the first key
	keys  []Key
}

// Keys returns the keys in the order of the texts that Match returns.
func (p *Pattern) Keys() []Key { return p.keys }

// Match cuts line and appends the text of each key to parts. It reports false where the line does not have the pattern's
// literals.
func (p *Pattern) Match(line []byte, parts [][]byte) ([][]byte, bool) {
	if !bytes.HasPrefix(line, p.start) {
		return parts, false
	}
	from := len(p.start)
	for i := range p.keys {
		k := &p.keys[i]
		if len(k.until) == 0 {
			return append(parts, line[from:]), true
		}
		to := index(line, from, k.until)
		if to < 0 {
			return parts, false
		}
		parts = append(parts, line[from:to])
		from = to + len(k.until)
		for k.padded && bytes.HasPrefix(line[from:], k.until) {
			from += len(k.until)
		}
	}
	return parts, true
}

// index is where a literal begins in a line, from an index on, or -1. What stands before it is mostly short, and has no byte like
// its first, so there had better be little to set up.
func index(line []byte, from int, literal []byte) int {
	for {
		n := bytes.IndexByte(line[from:], literal[0])
		if n < 0 {
			return -1
		}
		from += n
		if len(literal) == 1 || bytes.HasPrefix(line[from:], literal) {
			return from
		}
		from++
	}
}

// maxKeys bounds a pattern.
const maxKeys = 200

// Compile compiles a pattern.
func Compile(pattern string) (*Pattern, error) {
	p := &Pattern{}
	open := strings.Index(pattern, "%{")
	if open < 0 {
		return nil, fmt.Errorf("the pattern has no key such as %%{name}")
	}
	p.start = []byte(pattern[:open])
	for rest := pattern[open:]; rest != ""; {
		column := len(pattern) - len(rest) + 1
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			return nil, fmt.Errorf("the key at column %d does not end with }", column)
		}
		k, err := parseKey(rest[len("%{"):end])
		if err != nil {
			return nil, fmt.Errorf("%w (column %d)", err, column)
		}
		rest = rest[end+1:]
		next := strings.Index(rest, "%{")
		if next < 0 {
			next = len(rest)
		} else if next == 0 {
			return nil, fmt.Errorf("nothing stands between two keys, so where one ends is unknown (column %d)", column)
		}
		k.until, rest = []byte(rest[:next]), rest[next:]
		p.keys = append(p.keys, k)
	}
	if len(p.keys) > maxKeys {
		return nil, fmt.Errorf("the pattern has more than %d keys", maxKeys)
	}
	return p, p.check()
}

func parseKey(text string) (k Key, err error) {
	text, k.padded = strings.CutSuffix(text, "->")
	switch {
	case text == "" || text[0] == '?':
		k.Role, text = Skip, strings.TrimPrefix(text, "?")
	case text[0] == '+':
		k.Role, text = Append, text[1:]
		if name, order, ok := strings.Cut(text, "/"); ok {
			if k.Order, err = strconv.Atoi(order); err != nil || k.Order < 0 {
				return k, fmt.Errorf("%q is not a place; write %%{+%s/1}", order, name)
			}
			text = name
		}
	case text[0] == '*':
		k.Role, text = Name, text[1:]
	case text[0] == '&':
		k.Role, text = Value, text[1:]
	}
	if text == "" && k.Role != Skip {
		return k, fmt.Errorf("the key has no name")
	}
	if strings.ContainsAny(text, "%{+*&?") || strings.TrimSpace(text) != text {
		return k, fmt.Errorf("%q is not a key", text)
	}
	k.Name = text
	return k, nil
}

// check finds keys that do not go together.
func (p *Pattern) check() error {
	type uses struct{ take, name, value int }
	seen := map[string]*uses{}
	for _, k := range p.keys {
		u := seen[k.Name]
		if u == nil {
			u = &uses{}
			seen[k.Name] = u
		}
		switch k.Role {
		case Take:
			u.take++
		case Name:
			u.name++
		case Value:
			u.value++
		}
	}
	for _, k := range p.keys {
		u := seen[k.Name]
		switch {
		case k.Role == Take && u.take > 1:
			return fmt.Errorf("the key %q is there twice; write %%{+%s} to append", k.Name, k.Name)
		case (k.Role == Name || k.Role == Value) && (u.name != 1 || u.value != 1):
			return fmt.Errorf("%%{*%s} and %%{&%s} belong together, one of each", k.Name, k.Name)
		}
	}
	return nil
}
