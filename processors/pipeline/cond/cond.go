package cond

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// maxNodes bounds the size of a condition.
const maxNodes = 500

// builtins are the functions of expr that depend on nothing but their arguments.
var builtins = []string{
	"all", "any", "none", "one", "filter", "map", "count", "find", "findIndex", "first", "last", "len", "type",
	"abs", "ceil", "floor", "round", "int", "float", "string", "min", "max", "sum",
	"trim", "trimPrefix", "trimSuffix", "upper", "lower", "split", "join", "replace",
	"indexOf", "lastIndexOf", "hasPrefix", "hasSuffix", "get", "reverse", "uniq", "sort",
}

// Cond is a compiled condition.
type Cond struct {
	source string
	fast   predicate   // nil where the condition needs the machine
	slow   *vm.Program // the condition with nil-safe operators
	fields []field     // what it reads
}

type field struct {
	path string
	id   event.ID
}

// Compile compiles a condition. The error says what is wrong and in which column.
func Compile(source string, schema *event.Schema) (*Cond, error) {
	tree, err := parser.Parse(source)
	if err != nil {
		return nil, fault(err)
	}
	if err := checkBounds(tree.Node); err != nil {
		return nil, err
	}
	locals := localNames(tree.Node)
	program, err := compile(source, &rewriter{locals: locals})
	if err != nil {
		return nil, err
	}
	c := &Cond{source: source, fields: fieldsOf(program.Node(), schema)}
	b := builder{schema: schema}
	if fast, ok := b.predicate(program.Node()); ok && b.err == nil {
		c.fast = fast
		return c, nil
	}
	if b.err != nil {
		return nil, b.err
	}
	if c.slow, err = compile(source, &rewriter{locals: locals, safe: true}); err != nil {
		return nil, err
	}
	c.fields = fieldsOf(c.slow.Node(), schema)
	return c, nil
}

// Fields returns the paths of the fields that the condition reads.
func (c *Cond) Fields() []string {
	paths := make([]string, len(c.fields))
	for i, f := range c.fields {
		paths[i] = f.path
	}
	return paths
}

// String returns the condition as it was written.
func (c *Cond) String() string { return c.source }

// Holds evaluates the condition. An error means that it makes no sense for this event, such as text compared with a number.
func (c *Cond) Holds(e *event.Event) (bool, error) {
	if c.fast != nil {
		return c.fast(e)
	}
	env := make(map[string]any, len(c.fields))
	for _, f := range c.fields {
		env[f.path] = valueOf(e, f)
	}
	out, err := vm.Run(c.slow, env)
	if err != nil {
		return false, fault(err)
	}
	switch v := out.(type) {
	case bool:
		return v, nil
	case nil:
		return false, nil
	}
	return false, fmt.Errorf("gives a %T, not true or false", out)
}

// valueOf returns a field's value for expr; an object is a nested map.
func valueOf(e *event.Event, f field) any {
	if v := e.Get(f.id); v != nil {
		return v.Any()
	}
	if !e.HasObject(f.path) {
		return nil
	}
	object := map[string]any{}
	e.Children(f.path, func(rest string, v *event.Value) { nest(object, rest, v.Any()) })
	return object
}

func compile(source string, r *rewriter) (*vm.Program, error) {
	options := []expr.Option{
		expr.Env(map[string]any{}), expr.AllowUndefinedVariables(), expr.AsBool(), expr.Optimize(false),
		expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(), expr.Patch(r),
	}
	for _, name := range builtins {
		options = append(options, expr.EnableBuiltin(name))
	}
	for name, f := range safeOperators() {
		options = append(options, expr.Function(name, f, new(func(any, any) bool)))
	}
	program, err := expr.Compile(source, options...)
	if r.err != nil {
		return nil, r.err
	}
	if err != nil {
		return nil, fault(err)
	}
	return program, nil
}

// fault puts an error of expr on one line, with its column.
func fault(err error) error {
	var at *file.Error
	if errors.As(err, &at) {
		return fmt.Errorf("%s (column %d)", at.Message, at.Column+1)
	}
	return err
}

func faultAt(node ast.Node, text string, args ...any) error {
	return fmt.Errorf("%s (column %d)", fmt.Sprintf(text, args...), node.Location().From+1)
}

// visit calls f for every node below and including node.
func visit(node ast.Node, f func(ast.Node)) {
	ast.Walk(&node, visitor(f))
}

type visitor func(ast.Node)

func (v visitor) Visit(node *ast.Node) { v(*node) }

func localNames(root ast.Node) map[string]bool {
	names := map[string]bool{}
	visit(root, func(n ast.Node) {
		if let, ok := n.(*ast.VariableDeclaratorNode); ok {
			names[let.Name] = true
		}
	})
	return names
}

func fieldsOf(root ast.Node, schema *event.Schema) (fields []field) {
	seen := map[string]bool{}
	visit(root, func(n ast.Node) {
		if name, ok := n.(*ast.IdentifierNode); ok && !seen[name.Value] {
			seen[name.Value] = true
			fields = append(fields, field{path: name.Value, id: intern(schema, name.Value)})
		}
	})
	return fields
}

// intern returns the ID of a field; what foreach hands to its step lies among the hidden fields.
func intern(schema *event.Schema, path string) event.ID {
	if strings.HasPrefix(path, "_ingest._") {
		return schema.InternHidden(path)
	}
	return schema.Intern(path)
}
