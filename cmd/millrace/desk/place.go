package desk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/millrace/millrace/schemas/collect"
)

// place is where something stands in a file, counted from 1; columns count bytes.
type place struct{ line, column int }

// places are where the values of a config stand, by key path.
type places map[string]place

// of is the place of a key path, or of the nearest thing around it that is there.
func (p places) of(path string) place {
	for path != "" {
		if at, ok := p[path]; ok {
			return at
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	if at, ok := p[""]; ok {
		return at
	}
	return place{1, 1}
}

const (
	// maxFile bounds a file: a collection with comments, or written with many blanks.
	maxFile = 4 * collect.MaxConfigBytes
	// maxPath bounds a key path, and so the memory that all of them take together.
	maxPath = 2048
)

var errTooDeep = errors.New("it is nested too deep")

func isJSON(file string) bool { return strings.EqualFold(filepath.Ext(file), ".json") }

// locate reads a config in JSON or YAML, as the file's name says, and notes where all of
// it stands. The problem is set when the text is neither.
func locate(file string, text []byte) (json.RawMessage, places, *Problem) {
	if len(text) > maxFile {
		return nil, nil, &Problem{Line: 1, Column: 1, Message: fmt.Sprintf("has %d bytes, more than any collection", len(text))}
	}
	found := places{}
	if !isJSON(file) {
		return locateYAML(text, found)
	}
	w := walker{dec: json.NewDecoder(bytes.NewReader(text)), text: text, found: found}
	if err := w.value(""); err != nil {
		return nil, nil, w.problem(err)
	}
	return text, found, nil
}

// walker goes through JSON and notes where each value begins.
type walker struct {
	dec   *json.Decoder
	text  []byte
	found places
}

func (w *walker) value(path string) error {
	if len(path) > maxPath {
		return errTooDeep
	}
	w.note(path)
	tok, err := w.dec.Token()
	if err != nil {
		return err
	}
	switch tok {
	case json.Delim('{'):
		for w.dec.More() {
			key, err := w.dec.Token()
			if err != nil {
				return err
			}
			if err := w.value(under(path, fmt.Sprint(key))); err != nil {
				return err
			}
		}
		_, err = w.dec.Token()
	case json.Delim('['):
		for i := 0; w.dec.More(); i++ {
			if err := w.value(path + "[" + strconv.Itoa(i) + "]"); err != nil {
				return err
			}
		}
		_, err = w.dec.Token()
	}
	return err
}

// note keeps the place of what the decoder reads next. A key that stands twice is
// shown where it stands last.
func (w *walker) note(path string) {
	at := int(w.dec.InputOffset())
	for at < len(w.text) && strings.IndexByte(" \t\r\n:,", w.text[at]) >= 0 {
		at++
	}
	w.found[path] = placeAt(w.text, at)
}

func (w *walker) problem(err error) *Problem {
	at := int(w.dec.InputOffset())
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = int(syntax.Offset)
	}
	p := placeAt(w.text, min(max(at, 0), len(w.text)))
	return &Problem{Line: p.line, Column: p.column, Message: "is not JSON: " + err.Error()}
}

func placeAt(text []byte, at int) place {
	before := text[:at]
	return place{bytes.Count(before, []byte{'\n'}) + 1, at - bytes.LastIndexByte(before, '\n')}
}

func locateYAML(text []byte, found places) (json.RawMessage, places, *Problem) {
	var root, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	err := dec.Decode(&root)
	if errors.Is(err, io.EOF) {
		return json.RawMessage("null"), found, nil
	}
	if err == nil {
		if err = dec.Decode(&more); err == nil {
			return nil, nil, &Problem{Line: more.Line, Column: 1, Message: "a second collection begins here: put it into a file of its own"}
		}
	}
	if !errors.Is(err, io.EOF) {
		return nil, nil, &Problem{Line: lineOf(err), Column: 1, Message: "is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	var out bytes.Buffer
	if err := renderYAML(&out, root.Content[0], "", found); err != nil {
		return nil, nil, &Problem{Line: 1, Column: 1, Message: err.Error()}
	}
	return out.Bytes(), found, nil
}

// lineOf is the line that an error of the YAML parser names, which has no field for it.
func lineOf(err error) int {
	_, rest, _ := strings.Cut(err.Error(), "line ")
	digits, _, _ := strings.Cut(rest, ":")
	if n, err := strconv.Atoi(digits); err == nil {
		return n
	}
	return 1
}

// renderYAML writes a node as JSON, keys in their order and twice when they stand twice.
func renderYAML(out *bytes.Buffer, n *yaml.Node, path string, found places) error {
	if len(path) > maxPath {
		return errTooDeep
	}
	if _, ok := found[path]; !ok || n.Kind != yaml.AliasNode {
		found[path] = place{n.Line, n.Column}
	}
	switch n.Kind {
	case yaml.AliasNode:
		return errors.New("aliases are not allowed: write the value out")
	case yaml.MappingNode:
		out.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				out.WriteByte(',')
			}
			key := n.Content[i]
			quoted, err := json.Marshal(key.Value)
			if err != nil {
				return err
			}
			out.Write(append(quoted, ':'))
			if err := renderYAML(out, n.Content[i+1], under(path, key.Value), found); err != nil {
				return err
			}
		}
		out.WriteByte('}')
	case yaml.SequenceNode:
		out.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := renderYAML(out, item, path+"["+strconv.Itoa(i)+"]", found); err != nil {
				return err
			}
		}
		out.WriteByte(']')
	default:
		return renderScalar(out, n)
	}
	return nil
}

func renderScalar(out *bytes.Buffer, n *yaml.Node) error {
	var v any = n.Value
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool", "!!null":
		if err := n.Decode(&v); err != nil {
			return fmt.Errorf("line %d: %w", n.Line, err)
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	out.Write(text)
	return nil
}

func under(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
