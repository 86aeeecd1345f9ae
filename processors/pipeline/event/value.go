package event

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unsafe"
)

// Kind says what a value is.
type Kind uint8

// The kinds of values.
const (
	KindNull   Kind = iota
	KindString      // Bytes is the text
	KindQuoted      // Bytes is the text as a JSON string, quotes included
	KindNumber      // Bytes is a JSON number
	KindInt         // Num
	KindFloat       // Num holds the bits
	KindBool        // Num is 0 or 1
	KindTime        // Num is Unix seconds, Nano the rest
	KindRaw         // Bytes is a JSON array, or an empty object
)

// Value is the value of one field, of three words: values are handed on in registers. It does not own its bytes.
type Value struct {
	bytes *byte
	// Num is a number, the bits of one, or the Unix seconds of an instant. Of kinds that have bytes it is how many.
	Num int64
	// Nano is what an instant has besides its seconds. Of kinds that have bytes it says whether they stay.
	Nano int32
	Kind Kind
}

// staying is the Nano of values whose bytes are never written to again.
const staying = 1

func bytesValue(kind Kind, b []byte) Value {
	return Value{bytes: unsafe.SliceData(b), Num: int64(len(b)), Kind: kind}
}

func stayingValue(kind Kind, b []byte) Value {
	return Value{bytes: unsafe.SliceData(b), Num: int64(len(b)), Nano: staying, Kind: kind}
}

// Bytes are those of kinds that have any; nil otherwise.
func (v Value) Bytes() []byte {
	if v.bytes == nil {
		return nil
	}
	return (*[maxBytes]byte)(unsafe.Pointer(v.bytes))[:v.Num:v.Num]
}

// maxBytes is more than any value has.
const maxBytes = 1 << 40

// Lasts reports whether the bytes are never written to again, by nobody: whoever has seen them at this place in memory, and
// holds on to it, need not read them again.
func (v Value) Lasts() bool { return v.bytes != nil && v.Nano == staying }

// String is text.
func String(b []byte) Value { return bytesValue(KindString, b) }

// Text is constant text.
func Text(s string) Value {
	return bytesValue(KindString, unsafe.Slice(unsafe.StringData(s), len(s))) // never written to
}

// Quoted is text that is already a valid JSON string with its quotes.
func Quoted(b []byte) Value { return bytesValue(KindQuoted, b) }

// Lasting is text that is already a valid JSON string with its quotes, and whose bytes never change.
func Lasting(b []byte) Value { return stayingValue(KindQuoted, b) }

// Number is a number in JSON's spelling, kept exactly.
func Number(b []byte) Value { return bytesValue(KindNumber, b) }

// Int is an integer.
func Int(n int64) Value { return Value{Kind: KindInt, Num: n} }

// Float is a floating point number; NaN and the infinities are text in the document, for JSON has none.
func Float(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return String(strconv.AppendFloat(nil, f, 'g', -1, 64))
	}
	return Value{Kind: KindFloat, Num: int64(math.Float64bits(f))}
}

// Bool is true or false.
func Bool(b bool) Value {
	v := Value{Kind: KindBool}
	if b {
		v.Num = 1
	}
	return v
}

// Time is an instant, written in UTC.
func Time(t time.Time) Value {
	return Value{Kind: KindTime, Num: t.Unix(), Nano: int32(t.Nanosecond())}
}

// Raw is a valid JSON array.
func Raw(b []byte) Value { return bytesValue(KindRaw, b) }

// IsText reports whether the value is a string.
func (v *Value) IsText() bool { return v.Kind == KindString || v.Kind == KindQuoted }

// AsTime returns the instant of a KindTime value.
func (v *Value) AsTime() time.Time { return time.Unix(v.Num, int64(v.Nano)).UTC() }

// Since is how long a KindTime value lies after an instant; seconds alone decide beyond a century.
func (v *Value) Since(t time.Time) time.Duration {
	const century = 100 * 366 * 24 * 3600
	sec := v.Num - t.Unix()
	return time.Duration(min(max(sec, -century), century))*time.Second + time.Duration(int(v.Nano)-t.Nanosecond())
}

// Text returns the value as text: strings as they are, everything else as it stands in the document. It allocates for
// what is neither a string nor a number in the line.
func (v *Value) Text() []byte {
	switch v.Kind {
	case KindString, KindNumber, KindRaw:
		return v.Bytes()
	case KindQuoted:
		inner := v.Bytes()[1 : len(v.Bytes())-1]
		if bytes.IndexByte(inner, '\\') < 0 {
			return inner
		}
		var s string
		_ = json.Unmarshal(v.Bytes(), &s) // valid by contract
		return []byte(s)
	case KindNull:
		return nil
	case KindTime:
		return AppendTime(nil, v.Num, v.Nano)
	}
	out, _ := v.append(nil)
	return out
}

// AsFloat returns the value as a number; ok is false for what is not one.
func (v *Value) AsFloat() (f float64, ok bool) {
	switch v.Kind {
	case KindInt:
		return float64(v.Num), true
	case KindFloat:
		return math.Float64frombits(uint64(v.Num)), true
	case KindNumber:
		if n, ok := smallInt(v.Bytes()); ok {
			return float64(n), true
		}
		f, err := strconv.ParseFloat(string(v.Bytes()), 64)
		return f, err == nil
	}
	return 0, false
}

// smallInt reads a plain integer of at most 15 digits, which a float64 holds exactly.
func smallInt(b []byte) (n int64, ok bool) {
	digits := b
	if len(b) > 0 && b[0] == '-' {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 15 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(b) {
		n = -n
	}
	return n, true
}

// Any returns the value as Go's string, int, float64, bool, []any or map[string]any, for expressions. Instants are text.
func (v *Value) Any() any {
	switch v.Kind {
	case KindNull:
		return nil
	case KindString, KindQuoted, KindTime:
		return string(v.Text())
	case KindInt:
		return int(v.Num)
	case KindBool:
		return v.Num != 0
	case KindNumber:
		if n, ok := smallInt(v.Bytes()); ok {
			return int(n)
		}
	case KindRaw:
		var out any
		_ = json.Unmarshal(v.Bytes(), &out) // valid by contract
		return out
	}
	f, _ := v.AsFloat()
	return f
}

// Append appends the value as JSON. valid is false if text was not UTF-8 and was mended.
func (v *Value) Append(dst []byte) (out []byte, valid bool) { return v.append(dst) }

func (v *Value) append(dst []byte) ([]byte, bool) {
	switch v.Kind {
	case KindString:
		return AppendString(dst, v.Bytes())
	case KindQuoted, KindNumber, KindRaw:
		return append(dst, v.Bytes()...), true
	case KindInt:
		return strconv.AppendInt(dst, v.Num, 10), true
	case KindFloat:
		return appendFloat(dst, math.Float64frombits(uint64(v.Num))), true
	case KindBool:
		return strconv.AppendBool(dst, v.Num != 0), true
	case KindTime:
		dst = append(dst, '"')
		dst = AppendTime(dst, v.Num, v.Nano)
		return append(dst, '"'), true
	}
	return append(dst, "null"...), true
}

func appendFloat(dst []byte, f float64) []byte {
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}
