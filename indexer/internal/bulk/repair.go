package bulk

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/millrace/millrace/schemas/index"
)

// maxMoves bounds how many fields of one document are moved out of the way.
const maxMoves = 4

// TagConflict marks a document of which a field was moved into the overflow.
const TagConflict = "_mapping_conflict"

// Repair moves the field that the store complained about into the overflow field,
// which takes any value. It reports false when the field cannot be told, is not in
// the document, is its time, or enough were moved already.
func (it *Item) Repair(r *Result) bool {
	path, ok := misfit(r.Reason)
	if !ok || path == "@timestamp" || it.Moved == maxMoves {
		return false
	}
	doc, ok := moveField(it.Doc, path)
	if !ok {
		return false
	}
	it.Doc = doc
	it.Moved++
	return true
}

// misfitBefore are the words after which the store names the field, in brackets.
// Reading them is a guess that costs nothing: a document that is not repaired goes
// to the dead letters.
var misfitBefore = []string{
	"failed to parse field [",
	"object mapping for [",
	"failed to parse object [",
	"mapper [",
	"field name [",
}

// misfit finds the field that the store complains about.
func misfit(reason string) (string, bool) {
	for _, before := range misfitBefore {
		_, rest, ok := strings.Cut(reason, before)
		if !ok {
			continue
		}
		if path, _, ok := strings.Cut(rest, "]"); ok && path != "" {
			return path, true
		}
	}
	return "", false
}

// moveField moves the value at a dotted path into index.Overflow under that path.
// Numbers keep their digits; the order of keys is not kept.
func moveField(doc []byte, path string) ([]byte, bool) {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var tree map[string]any
	if dec.Decode(&tree) != nil || tree == nil {
		return nil, false
	}
	value, ok := cut(tree, path)
	if !ok {
		return nil, false
	}
	ours, ok := object(tree, index.OverflowParent)
	if !ok {
		return nil, false
	}
	overflow, ok := object(ours, index.OverflowField)
	if !ok {
		return nil, false
	}
	overflow[path] = value
	addTag(tree, TagConflict)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if enc.Encode(tree) != nil { // ends in a line feed, as documents do
		return nil, false
	}
	return out.Bytes(), true
}

// cut removes the value at a dotted path, whether its objects are nested or
// written with dots in their keys. A list on the way is removed as a whole.
func cut(tree map[string]any, path string) (any, bool) {
	if v, ok := tree[path]; ok {
		delete(tree, path)
		return v, true
	}
	for i := 0; i < len(path); i++ {
		if path[i] != '.' {
			continue
		}
		switch inner := tree[path[:i]].(type) {
		case map[string]any:
			v, ok := cut(inner, path[i+1:])
			if ok {
				if len(inner) == 0 {
					delete(tree, path[:i])
				}
				return v, true
			}
		case []any:
			delete(tree, path[:i])
			return inner, true
		}
	}
	return nil, false
}

// object is the object at a key, made when missing; false when something else is
// there.
func object(tree map[string]any, key string) (map[string]any, bool) {
	v, there := tree[key]
	if !there {
		v = map[string]any{}
		tree[key] = v
	}
	o, ok := v.(map[string]any)
	return o, ok
}

func addTag(tree map[string]any, tag string) {
	switch tags := tree["tags"].(type) {
	case nil:
		tree["tags"] = []any{tag}
	case []any:
		tree["tags"] = append(tags, tag)
	case string:
		tree["tags"] = []any{tags, tag}
	}
}
