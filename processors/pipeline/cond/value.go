package cond

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// kind is the type of an operand as comparisons see it.
type kind uint8

const (
	isNil kind = iota
	isText
	isNumber
	isBool
	isOther
)

func (k kind) String() string {
	return [...]string{"nil", "text", "a number", "true or false", "an array or object"}[k]
}

// operand is one side of a comparison.
type operand struct {
	kind kind
	text []byte
	num  float64
	yes  bool
}

func operandOf(v *event.Value) operand {
	switch v.Kind {
	case event.KindNull:
		return operand{}
	case event.KindString, event.KindQuoted, event.KindTime:
		return operand{kind: isText, text: v.Text()}
	case event.KindInt, event.KindFloat, event.KindNumber:
		f, _ := v.AsFloat()
		return operand{kind: isNumber, num: f}
	case event.KindBool:
		return operand{kind: isBool, yes: v.Num != 0}
	}
	return operand{kind: isOther, text: v.Bytes()}
}

// operandOfAny is operandOf for the values of expr's machine.
func operandOfAny(v any) operand {
	switch v := v.(type) {
	case nil:
		return operand{}
	case string:
		return operand{kind: isText, text: []byte(v)}
	case int:
		return operand{kind: isNumber, num: float64(v)}
	case float64:
		return operand{kind: isNumber, num: v}
	case bool:
		return operand{kind: isBool, yes: v}
	}
	return operand{kind: isOther}
}

func equal(a, b operand) bool {
	if a.kind != b.kind {
		return false
	}
	return a.num == b.num && a.yes == b.yes && bytes.Equal(a.text, b.text)
}

// compare orders two operands. known is false where one is nil; everything else must be two texts or two numbers.
func compare(a, b operand) (order int, known bool, err error) {
	switch {
	case a.kind == isNil || b.kind == isNil:
		return 0, false, nil
	case a.kind == isText && b.kind == isText:
		return bytes.Compare(a.text, b.text), true, nil
	case a.kind == isNumber && b.kind == isNumber:
		switch {
		case a.num < b.num:
			return -1, true, nil
		case a.num > b.num:
			return 1, true, nil
		}
		return 0, true, nil
	}
	return 0, false, fmt.Errorf("cannot compare %s with %s", a.kind, b.kind)
}

// holdsOrder says whether an ordering operator accepts an order.
func holdsOrder(operator string, order int) bool {
	switch operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

var errNotText = errors.New("contains, startsWith, endsWith and matches need text on both sides")

func textOperator(operator string, a, b operand) (bool, error) {
	if a.kind == isNil || b.kind == isNil {
		return false, nil
	}
	if a.kind != isText || b.kind != isText {
		return false, errNotText
	}
	switch operator {
	case "contains":
		return bytes.Contains(a.text, b.text), nil
	case "startsWith":
		return bytes.HasPrefix(a.text, b.text), nil
	}
	return bytes.HasSuffix(a.text, b.text), nil
}

// safeNames names the nil-safe function of each operator.
var safeNames = map[string]string{
	"<": "less__", "<=": "lessEqual__", ">": "more__", ">=": "moreEqual__",
	"contains": "contains__", "startsWith": "startsWith__", "endsWith": "endsWith__", "matches": "matches__",
}

// safeOperators returns the functions that stand for operators on expr's machine.
func safeOperators() map[string]func(...any) (any, error) {
	functions := map[string]func(...any) (any, error){}
	for operator, name := range safeNames {
		functions[name] = func(args ...any) (any, error) {
			a, b := operandOfAny(args[0]), operandOfAny(args[1])
			switch operator {
			case "<", "<=", ">", ">=":
				order, known, err := compare(a, b)
				return known && holdsOrder(operator, order), err
			case "matches":
				return matches(a, b)
			}
			return textOperator(operator, a, b)
		}
	}
	return functions
}

func matches(a, b operand) (bool, error) {
	if a.kind == isNil || b.kind == isNil {
		return false, nil
	}
	if a.kind != isText || b.kind != isText {
		return false, errNotText
	}
	re, err := regexp.Compile(string(b.text))
	if err != nil {
		return false, err
	}
	return re.Match(a.text), nil
}

// nest puts a value at a dotted path into nested maps. What stands in the way stays.
func nest(object map[string]any, path string, v any) {
	for {
		name, rest, more := strings.Cut(path, ".")
		if !more {
			object[name] = v
			return
		}
		inner, ok := object[name].(map[string]any)
		if !ok {
			if _, taken := object[name]; taken {
				return
			}
			inner = map[string]any{}
			object[name] = inner
		}
		object, path = inner, rest
	}
}
