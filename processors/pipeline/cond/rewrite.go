package cond

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// rewriter turns chains of members into the paths of fields, and refuses what a condition may not use.
type rewriter struct {
	locals map[string]bool
	safe   bool // replace operators by their nil-safe functions
	err    error
}

// Visit is called for children before their parents.
func (r *rewriter) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.MemberNode:
		r.member(node, n)
	case *ast.ChainNode:
		if _, ok := n.Node.(*ast.IdentifierNode); ok {
			*node = n.Node
		}
	case *ast.CallNode:
		r.call(n)
	case *ast.BinaryNode:
		r.binary(node, n)
	}
}

func (r *rewriter) refuse(node ast.Node, text string, args ...any) {
	if r.err == nil {
		r.err = faultAt(node, text, args...)
	}
}

func (r *rewriter) member(node *ast.Node, n *ast.MemberNode) {
	object, ok := n.Node.(*ast.IdentifierNode)
	if !ok || r.locals[object.Value] {
		return
	}
	name, ok := n.Property.(*ast.StringNode)
	if !ok {
		return
	}
	path := object.Value + "." + name.Value
	if object.Value == "ctx" || object.Value == "$env" {
		path = name.Value
	}
	field := &ast.IdentifierNode{Value: path}
	field.SetLocation(object.Location())
	*node = field
}

func (r *rewriter) call(n *ast.CallNode) {
	name := ""
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		name = callee.Value
	case *ast.MemberNode:
		if p, ok := callee.Property.(*ast.StringNode); ok {
			name = p.Value
		}
	}
	if _, ours := safeOperators()[name]; ours && r.safe {
		return
	}
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		name = name[dot+1:]
	}
	r.refuse(n, "unknown function %q", name)
}

// binary puts the nil-safe function in the place of an operator.
func (r *rewriter) binary(node *ast.Node, n *ast.BinaryNode) {
	name, ok := safeNames[n.Operator]
	if !r.safe || !ok {
		return
	}
	call := &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: []ast.Node{n.Left, n.Right}}
	call.SetLocation(n.Location())
	*node = call
}

// checkBounds refuses what could keep a condition busy: ranges but behind "in", and loops in loops.
func checkBounds(root ast.Node) (err error) {
	refuse := func(node ast.Node, text string) {
		if err == nil {
			err = faultAt(node, "%s", text)
		}
	}
	allowed := map[ast.Node]bool{}
	visit(root, func(node ast.Node) {
		if n, ok := node.(*ast.BinaryNode); ok && n.Operator == "in" && isRange(n.Right) {
			allowed[n.Right] = true
		}
	})
	visit(root, func(node ast.Node) {
		switch n := node.(type) {
		case *ast.BinaryNode:
			if n.Operator == ".." && !allowed[n] {
				refuse(n, "a range is allowed only behind \"in\"")
			} else if n.Operator == ".." && !constantRange(n) {
				refuse(n, "a range needs two plain numbers")
			}
		case *ast.PredicateNode:
			visit(n.Node, func(inner ast.Node) {
				if _, nested := inner.(*ast.PredicateNode); nested {
					refuse(inner, "a loop inside a loop is not allowed")
				}
			})
		}
	})
	return err
}

func isRange(node ast.Node) bool {
	n, ok := node.(*ast.BinaryNode)
	return ok && n.Operator == ".."
}

// maxRange bounds what "x in a..b" builds where the machine evaluates it.
const maxRange = 100_000

func constantRange(n *ast.BinaryNode) bool {
	from, ok1 := n.Left.(*ast.IntegerNode)
	to, ok2 := n.Right.(*ast.IntegerNode)
	return ok1 && ok2 && to.Value-from.Value <= maxRange
}
