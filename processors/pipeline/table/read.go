package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
)

var byteOrderMark = []byte("\ufeff")

// FromCSV reads a table from comma-separated values: the first line names the columns, key is the one of the keys, the others
// are the fields. The first of equal keys counts; empty values are left out.
func FromCSV(file []byte, key string) (*Table, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, byteOrderMark)))
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("read the names of the columns: %w", err)
	}
	at := slices.Index(header, key)
	if key == "" {
		at = 0
	}
	if at < 0 {
		return nil, fmt.Errorf("no column is called %q; there are %q", key, header)
	}
	rows := map[string]Row{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return New(rows), nil
		}
		if err != nil {
			return nil, err
		}
		if _, twice := rows[record[at]]; twice {
			continue
		}
		row := make(Row, 0, len(record)-1)
		for i, text := range record {
			if i != at && text != "" {
				row = append(row, Cell{header[i], textValue(text)})
			}
		}
		rows[record[at]] = row
		if err := checkSize(len(rows)); err != nil {
			return nil, err
		}
	}
}

// FromJSON reads a table from JSON: an object whose keys are the table's and whose values are objects of fields or plain
// values, or an array of objects in which the field called key is the key.
func FromJSON(file []byte, key string) (*Table, error) {
	file = bytes.TrimSpace(bytes.TrimPrefix(file, byteOrderMark))
	rows := map[string]Row{}
	if len(file) == 0 || file[0] != '[' {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(file, &object); err != nil {
			return nil, err
		}
		for k, raw := range object {
			row, err := jsonRow(nil, "", raw)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", k, err)
			}
			rows[k] = row
		}
		return New(rows), checkSize(len(rows))
	}
	var list []map[string]json.RawMessage
	if err := json.Unmarshal(file, &list); err != nil {
		return nil, err
	}
	for i, object := range list {
		v, ok := object[key]
		if !ok {
			return nil, fmt.Errorf("item %d has no field %q for the key", i, key)
		}
		delete(object, key)
		row := Row{}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			var err error
			if row, err = jsonRow(row, name, object[name]); err != nil {
				return nil, fmt.Errorf("item %d: %w", i, err)
			}
		}
		text := string(v)
		_ = json.Unmarshal(v, &text) // a number stands for itself
		if _, twice := rows[text]; !twice {
			rows[text] = row
		}
	}
	return New(rows), checkSize(len(rows))
}

// jsonRow adds a value, or the fields of an object, to a row.
func jsonRow(row Row, name string, raw json.RawMessage) (Row, error) {
	raw = bytes.TrimSpace(raw)
	if raw[0] == '{' {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(raw, &object); err != nil {
			return nil, err
		}
		for _, inner := range slices.Sorted(maps.Keys(object)) {
			path := inner
			if name != "" {
				path = name + "." + inner
			}
			var err error
			if row, err = jsonRow(row, path, object[inner]); err != nil {
				return nil, err
			}
		}
		return row, nil
	}
	return append(row, Cell{name, jsonValue(raw)}), nil
}

func jsonValue(raw []byte) event.Value {
	switch raw[0] {
	case 'n':
		return event.Value{}
	case 't', 'f':
		return event.Bool(raw[0] == 't')
	case '"':
		var text string
		_ = json.Unmarshal(raw, &text) // valid: it was decoded before
		return textValue(text)
	case '[':
		var tidy bytes.Buffer
		_ = json.Compact(&tidy, raw)
		return event.ConstantList(strings.ToValidUTF8(tidy.String(), "\uFFFD"))
	}
	return event.ConstantNumber(string(raw))
}

// textValue is text that is ready for documents.
func textValue(text string) event.Value {
	quoted, _ := event.AppendString(nil, []byte(text))
	return event.Lasting(quoted)
}

// Texts makes a row of names and texts, in their order; a table from SQL is made of them.
func Texts(names []string, values []*string) Row {
	row := make(Row, 0, len(names))
	for i, name := range names {
		if values[i] != nil {
			row = append(row, Cell{name, textValue(*values[i])})
		}
	}
	return row
}

// RowOf reads one row: a JSON object of fields, or a plain value.
func RowOf(value []byte) (Row, error) {
	if !json.Valid(value) {
		return nil, errors.New("not JSON")
	}
	return jsonRow(nil, "", value)
}
