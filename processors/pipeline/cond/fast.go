package cond

import (
	"fmt"
	"regexp"

	"github.com/expr-lang/expr/ast"

	"github.com/millrace/millrace/processors/pipeline/event"
)

type (
	predicate func(e *event.Event) (bool, error)
	source    func(e *event.Event) operand
)

// builder makes closures of the shapes that conditions mostly have. It says no to all others.
type builder struct {
	schema *event.Schema
	err    error
}

func (b *builder) predicate(node ast.Node) (predicate, bool) {
	switch n := node.(type) {
	case *ast.BoolNode:
		return func(*event.Event) (bool, error) { return n.Value, nil }, true
	case *ast.IdentifierNode:
		return b.truth(n), true
	case *ast.UnaryNode:
		if n.Operator != "!" && n.Operator != "not" {
			return nil, false
		}
		inner, ok := b.predicate(n.Node)
		return func(e *event.Event) (bool, error) {
			holds, err := inner(e)
			return !holds && err == nil, err
		}, ok
	case *ast.BinaryNode:
		return b.binary(n)
	}
	return nil, false
}

// truth is a field standing alone as a condition.
func (b *builder) truth(n *ast.IdentifierNode) predicate {
	read := b.field(n)
	return func(e *event.Event) (bool, error) {
		switch v := read(e); v.kind {
		case isBool:
			return v.yes, nil
		case isNil:
			return false, nil
		default:
			return false, fmt.Errorf("%s is %s, not true or false", n.Value, v.kind)
		}
	}
}

func (b *builder) binary(n *ast.BinaryNode) (predicate, bool) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return b.logic(n)
	case "in":
		return b.in(n)
	case "matches":
		return b.matches(n)
	}
	left, ok1 := b.source(n.Left)
	right, ok2 := b.source(n.Right)
	if !ok1 || !ok2 {
		return nil, false
	}
	switch operator := n.Operator; operator {
	case "==":
		return func(e *event.Event) (bool, error) { return equal(left(e), right(e)), nil }, true
	case "!=":
		return func(e *event.Event) (bool, error) { return !equal(left(e), right(e)), nil }, true
	case "<", "<=", ">", ">=":
		return func(e *event.Event) (bool, error) {
			order, known, err := compare(left(e), right(e))
			return known && holdsOrder(operator, order), err
		}, true
	case "contains", "startsWith", "endsWith":
		return func(e *event.Event) (bool, error) { return textOperator(operator, left(e), right(e)) }, true
	}
	return nil, false
}

func (b *builder) logic(n *ast.BinaryNode) (predicate, bool) {
	left, ok1 := b.predicate(n.Left)
	right, ok2 := b.predicate(n.Right)
	stopAt := n.Operator == "or" || n.Operator == "||"
	return func(e *event.Event) (bool, error) {
		holds, err := left(e)
		if err != nil || holds == stopAt {
			return holds, err
		}
		return right(e)
	}, ok1 && ok2
}

func (b *builder) in(n *ast.BinaryNode) (predicate, bool) {
	value, ok := b.source(n.Left)
	if !ok {
		return nil, false
	}
	if span, ok := n.Right.(*ast.BinaryNode); ok && isRange(span) && constantRange(span) {
		from, to := float64(span.Left.(*ast.IntegerNode).Value), float64(span.Right.(*ast.IntegerNode).Value)
		return func(e *event.Event) (bool, error) {
			v := value(e)
			return v.kind == isNumber && v.num >= from && v.num <= to && v.num == float64(int64(v.num)), nil
		}, true
	}
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok {
		return nil, false
	}
	items := make([]operand, 0, len(list.Nodes))
	for _, item := range list.Nodes {
		v, ok := constant(item)
		if !ok {
			return nil, false
		}
		items = append(items, v)
	}
	return func(e *event.Event) (bool, error) {
		v := value(e)
		for _, item := range items {
			if equal(v, item) {
				return true, nil
			}
		}
		return false, nil
	}, true
}

func (b *builder) matches(n *ast.BinaryNode) (predicate, bool) {
	value, ok1 := b.source(n.Left)
	pattern, ok2 := n.Right.(*ast.StringNode)
	if !ok1 || !ok2 {
		return nil, false
	}
	re, err := regexp.Compile(pattern.Value)
	if err != nil {
		b.err = faultAt(pattern, "%s", err)
		return nil, false
	}
	return func(e *event.Event) (bool, error) {
		v := value(e)
		if v.kind == isNil {
			return false, nil
		}
		if v.kind != isText {
			return false, errNotText
		}
		return re.Match(v.text), nil
	}, true
}

func (b *builder) source(node ast.Node) (source, bool) {
	if n, ok := node.(*ast.IdentifierNode); ok {
		return b.field(n), true
	}
	v, ok := constant(node)
	return func(*event.Event) operand { return v }, ok
}

func (b *builder) field(n *ast.IdentifierNode) source {
	path, id := n.Value, intern(b.schema, n.Value)
	return func(e *event.Event) operand {
		if v := e.Get(id); v != nil {
			return operandOf(v)
		}
		if e.HasObject(path) {
			return operand{kind: isOther}
		}
		return operand{}
	}
}

func constant(node ast.Node) (operand, bool) {
	switch n := node.(type) {
	case *ast.NilNode:
		return operand{}, true
	case *ast.StringNode:
		return operand{kind: isText, text: []byte(n.Value)}, true
	case *ast.IntegerNode:
		return operand{kind: isNumber, num: float64(n.Value)}, true
	case *ast.FloatNode:
		return operand{kind: isNumber, num: n.Value}, true
	case *ast.BoolNode:
		return operand{kind: isBool, yes: n.Value}, true
	case *ast.UnaryNode:
		if v, ok := constant(n.Node); ok && n.Operator == "-" && v.kind == isNumber {
			v.num = -v.num
			return v, true
		}
	}
	return operand{}, false
}
