package document

import (
	"errors"
	"math"
	"strconv"
)

// Kind is the JSON type of a leaf.
type Kind uint8

// The kinds of leaves. Nulls are no values and give no leaf.
const (
	String Kind = iota
	Number
	Bool
)

// Leaf is one scalar of a document. Text is the unescaped string, the number in canonical form (500 for 5e2), or
// true or false.
type Leaf struct {
	Path string
	Text string
	Kind Kind
}

// Doc is a parsed document.
type Doc struct {
	// Source is the text as it was given.
	Source string
	// Time is @timestamp in milliseconds since the epoch.
	Time int64
	// Leaves are in the order of the text.
	Leaves []Leaf

	fields []*field // of the leaves, in their order
}

// Class is the class of the i-th leaf's field.
func (d *Doc) Class(i int) Class { return d.fields[i].class }

// TimeField is the field every document must have.
const TimeField = "@timestamp"

// ErrNoTime is returned for a document without a readable @timestamp.
var ErrNoTime = errors.New("the document has no " + TimeField + " that is a date or a number of milliseconds")

// Values calls fn with each leaf of a field until it returns false.
func (d *Doc) Values(field string, fn func(Leaf) bool) {
	for _, l := range d.Leaves {
		if l.Path == field && !fn(l) {
			return
		}
	}
}

// Float is the value of a number leaf.
func (l Leaf) Float() float64 {
	f, err := strconv.ParseFloat(l.Text, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

// setTime finds the document's time.
func (d *Doc) setTime() error {
	for _, l := range d.Leaves {
		if l.Path != TimeField {
			continue
		}
		switch l.Kind {
		case Number:
			if ms, err := strconv.ParseInt(l.Text, 10, 64); err == nil && ms >= minTime && ms <= maxTime {
				d.Time = ms
				return nil
			}
		case String:
			if ms, ok := ParseTime(l.Text); ok {
				d.Time = ms
				return nil
			}
		}
		return ErrNoTime
	}
	return ErrNoTime
}

// Canonical returns the one spelling of a JSON number: an integer in digits where it is one, else the shortest decimal.
func Canonical(number string) string {
	integer := number != "-0"
	for i := 0; i < len(number) && integer; i++ {
		integer = number[i] == '-' || '0' <= number[i] && number[i] <= '9'
	}
	if integer {
		return number
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return number
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}
