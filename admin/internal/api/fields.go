package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Field is a field that events have.
type Field struct {
	Name   string   `json:"name"`
	Type   string   `json:"type" doc:"As Elasticsearch names it: keyword, long, date, ip, …" example:"keyword"`
	Values []string `json:"values" nullable:"false" doc:"Frequent values of the last day, most frequent first; of service.name, host.name and log.level only."`
}

// FieldList is the answer to GET /fields.
type FieldList struct {
	Fields []Field `json:"fields" nullable:"false" doc:"By name."`
}

type fieldsInput struct {
	App string `query:"app" doc:"Only of this app's events." example:"shop"`
}

type fieldsOutput struct{ Body FieldList }

func (a *api) fields(h huma.API) {
	huma.Register(h, operation(http.MethodGet, "/fields", "list-fields", "List fields of events",
		"For completion in a query text. At most ten seconds old; a field that few events have may be missing."), a.listFields)
}

func (a *api) listFields(ctx context.Context, in *fieldsInput) (*fieldsOutput, error) {
	fields, err := a.Finder.Fields(ctx, in.App)
	if err != nil {
		return nil, a.fail(err)
	}
	out := &fieldsOutput{Body: FieldList{Fields: make([]Field, len(fields))}}
	for i, f := range fields {
		out.Body.Fields[i] = Field(f)
	}
	return out, nil
}
