package step

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// tree is an object that is put together from paths and written as JSON.
type tree struct {
	names []string
	inner map[string]*tree
	value *event.Value
}

func newTree() *tree { return &tree{inner: map[string]*tree{}} }

// add puts a value at a path. What stands in the way is kept, below "value".
func (t *tree) add(path string, v *event.Value) {
	name, rest, nested := strings.Cut(path, ".")
	child := t.inner[name]
	if child == nil {
		child = newTree()
		t.names, t.inner[name] = append(t.names, name), child
	}
	switch {
	case nested && child.value != nil:
		old := child.value
		child.value = nil
		child.add("value", old)
		child.add(rest, v)
	case nested:
		child.add(rest, v)
	case len(child.names) > 0:
		child.add("value", v)
	default:
		child.value = v
	}
}

func (t *tree) append(dst []byte) []byte {
	if t.value != nil {
		dst, _ = t.value.Append(dst)
		return dst
	}
	dst = append(dst, '{')
	for i, name := range t.names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst, _ = event.AppendString(dst, []byte(name))
		dst = t.inner[name].append(append(dst, ':'))
	}
	return append(dst, '}')
}

// eachMember calls f for every leaf of a valid JSON object, with its path below another.
func eachMember(object []byte, below string, f func(path string, v event.Value)) error {
	return eachMemberAt(object, below, 0, f)
}

var errDeep = errors.New("an object nests too deep")

func eachMemberAt(object []byte, below string, depth int, f func(path string, v event.Value)) error {
	if depth > event.MaxDepth {
		return errDeep
	}
	for i := 1; i < len(object)-1; {
		keyEnd := textEnd(object, i)
		var key string
		if quoted := object[i : keyEnd+1]; bytes.IndexByte(quoted, '\\') < 0 {
			key = string(quoted[1 : len(quoted)-1])
		} else {
			_ = json.Unmarshal(quoted, &key) // valid by contract
		}
		end := itemEnd(object, keyEnd+2)
		path, value := below+"."+key, object[keyEnd+2:end]
		if value[0] == '{' && len(value) > 2 {
			if err := eachMemberAt(value, path, depth+1, f); err != nil {
				return err
			}
		} else {
			f(path, itemValue(value))
		}
		i = end + 1
	}
	return nil
}
