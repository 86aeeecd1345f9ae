package step

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// The bytes of values in a fingerprint are those that Elasticsearch feeds to its hashes:
// text as UTF-8, a whole number as 4 bytes where it fits and else 8, any other number as
// the 8 bytes of a double, all with the lowest byte first, true as 1 and false as 2. Each
// value stands behind a zero byte; lists and objects have no bytes of their own.
const (
	hashedBefore = 0
	hashedTrue   = 1
	hashedFalse  = 2
)

// appendHashed appends the bytes of a field's value.
func appendHashed(text []byte, v *event.Value) []byte {
	switch v.Kind {
	case event.KindInt:
		return appendHashedInt(text, v.Num)
	case event.KindFloat:
		return binary.LittleEndian.AppendUint64(append(text, hashedBefore), uint64(v.Num))
	case event.KindNumber:
		return appendHashedNumber(text, v.Bytes())
	case event.KindBool:
		return appendHashedBool(text, v.Num != 0)
	case event.KindTime:
		return event.AppendTime(append(text, hashedBefore), v.Num, v.Nano)
	case event.KindRaw:
		return appendHashedJSON(text, v.Bytes())
	}
	return append(append(text, hashedBefore), v.Text()...)
}

func appendHashedInt(text []byte, n int64) []byte {
	text = append(text, hashedBefore)
	if n == int64(int32(n)) {
		return binary.LittleEndian.AppendUint32(text, uint32(n))
	}
	return binary.LittleEndian.AppendUint64(text, uint64(n))
}

func appendHashedBool(text []byte, b bool) []byte {
	if b {
		return append(text, hashedBefore, hashedTrue)
	}
	return append(text, hashedBefore, hashedFalse)
}

// appendHashedNumber appends a number in JSON's spelling. A whole one of more than 64
// bits, which Elasticsearch refuses, counts as it is spelled.
func appendHashedNumber(text, number []byte) []byte {
	if bytes.ContainsAny(number, ".eE") {
		f, _ := strconv.ParseFloat(string(number), 64) // valid by contract; what is too large is infinite
		return binary.LittleEndian.AppendUint64(append(text, hashedBefore), math.Float64bits(f))
	}
	n, err := strconv.ParseInt(string(number), 10, 64)
	if err != nil {
		return append(append(text, hashedBefore), number...)
	}
	return appendHashedInt(text, n)
}

// appendHashedJSON appends all that a list or an empty object holds.
func appendHashedJSON(text, raw []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var held any
	_ = d.Decode(&held) // valid by contract
	return appendHashedAny(text, held)
}

func appendHashedAny(text []byte, held any) []byte {
	switch v := held.(type) {
	case []any:
		for _, one := range v {
			text = appendHashedAny(text, one)
		}
		return text
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			text = appendHashedAny(append(append(text, hashedBefore), name...), v[name])
		}
		return text
	case json.Number:
		return appendHashedNumber(text, []byte(v))
	case bool:
		return appendHashedBool(text, v)
	case string:
		return append(append(text, hashedBefore), v...)
	}
	return append(text, hashedBefore) // null
}

// appendBelow appends the fields of an object, by name on each level; found is false when
// there is no such object.
func appendBelow(e *event.Event, text []byte, path string) (out []byte, found bool) {
	if !e.HasObject(path) {
		return text, false
	}
	var names []string
	e.Children(path, func(rest string, _ *event.Value) { names = append(names, rest) })
	slices.SortFunc(names, byLevel)
	before := ""
	for _, name := range names {
		for _, part := range strings.Split(name[sharedLevels(before, name):], ".") {
			text = append(append(text, hashedBefore), part...)
		}
		text = appendHashed(text, e.Get(e.Lookup(path+"."+name)))
		before = name
	}
	return text, true
}

// byLevel orders paths by their first parts, then by the next.
func byLevel(x, y string) int {
	for i := range min(len(x), len(y)) {
		switch {
		case x[i] == y[i]:
		case x[i] == '.':
			return -1
		case y[i] == '.':
			return 1
		default:
			return int(x[i]) - int(y[i])
		}
	}
	return len(x) - len(y)
}

// sharedLevels is how much of path is objects that before lies in, too.
func sharedLevels(before, path string) int {
	shared := 0
	for i := range min(len(before), len(path)) {
		if before[i] != path[i] {
			break
		}
		if path[i] == '.' {
			shared = i + 1
		}
	}
	return shared
}
