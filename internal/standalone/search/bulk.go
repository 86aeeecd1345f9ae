package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/millrace/millrace/internal/document"
)

// maxIDBytes is Elasticsearch's limit of an _id.
const maxIDBytes = 512

// action is one item of a bulk body: what to do, and the document's text.
type action struct {
	kind   string // "create" or "index"
	index  string
	id     string
	source string
}

// parseBulk splits a bulk body into actions. Only what leaves unclear where items begin and end fails the whole body;
// a broken document is the matter of its item.
func parseBulk(body, defaultIndex string) ([]action, error) {
	if body == "" {
		return nil, badBulk("request body is required")
	}
	if !strings.HasSuffix(body, "\n") {
		return nil, badBulk("The bulk request must be terminated by a newline [\\n]")
	}
	var actions []action
	var p document.Parser
	var d document.Doc
	for number := 1; body != ""; number++ {
		var line string
		line, body = cutLine(body)
		if strings.TrimSpace(line) == "" {
			continue
		}
		a, err := parseAction(&p, &d, line, number)
		if err != nil {
			return nil, err
		}
		if a.index == "" {
			a.index = defaultIndex
		}
		if body == "" {
			return nil, badBulk(fmt.Sprintf("the action in line [%d] has no document", number))
		}
		a.source, body = cutLine(body)
		number++
		actions = append(actions, a)
	}
	if len(actions) == 0 {
		return nil, badBulk("no requests added")
	}
	return actions, nil
}

func badBulk(reason string) error { return newError(400, "illegal_argument_exception", reason) }

func cutLine(s string) (line, rest string) {
	line, rest, _ = strings.Cut(s, "\n")
	return strings.TrimSuffix(line, "\r"), rest
}

// parseAction reads {"create": {"_index": …, "_id": …}}.
func parseAction(p *document.Parser, d *document.Doc, line string, number int) (action, error) {
	var a action
	err := p.Parse(line, d)
	if !errors.Is(err, document.ErrNoTime) { // what a good action line gives, since it is no document
		return a, badBulk(fmt.Sprintf("Malformed action/metadata line [%d]: %v", number, err))
	}
	if len(d.Leaves) == 0 {
		return emptyAction(line, number)
	}
	for _, l := range d.Leaves {
		kind, key, _ := strings.Cut(l.Path, ".")
		if a.kind == "" {
			a.kind = kind
		}
		if kind != a.kind {
			return a, badBulk(fmt.Sprintf("Malformed action/metadata line [%d], expected one action", number))
		}
		switch key {
		case "_index":
			a.index = l.Text
		case "_id":
			a.id = l.Text
		case "require_alias", "dynamic_templates", "list_executed_pipelines":
		default:
			return a, badBulk(fmt.Sprintf("Malformed action/metadata line [%d], [%s] is not supported", number, key))
		}
	}
	err = a.check(number)
	return a, err
}

// emptyAction reads an action without parameters.
func emptyAction(line string, number int) (action, error) {
	var o map[string]map[string]any
	if err := json.Unmarshal([]byte(line), &o); err != nil || len(o) != 1 {
		return action{}, badBulk(fmt.Sprintf("Malformed action/metadata line [%d], expected one action", number))
	}
	var a action
	for a.kind = range o {
	}
	err := a.check(number)
	return a, err
}

func (a *action) check(number int) error {
	switch a.kind {
	case "create", "index":
		return nil
	case "update", "delete":
		return badBulk(fmt.Sprintf("the action [%s] in line [%d] is not supported by this store; use create or index", a.kind, number))
	}
	return badBulk(fmt.Sprintf("Malformed action/metadata line [%d], expected field [create], [delete], [index] or [update] but found [%s]", number, a.kind))
}
