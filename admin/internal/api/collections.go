package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/admin/internal/store"
	"github.com/millrace/millrace/internal/problem"
	"github.com/millrace/millrace/schemas/revision"
)

// maxConfig bounds the body of a config; a little above what Parse takes, so that
// Parse can say how much is too much.
const maxConfig = 512 << 10

// bodyTimeout is how long a body may take to come. Of bodies that it reads itself, huma
// bounds that by as much.
const bodyTimeout = 5 * time.Second

// configJSON is a collection config as it stands.
type configJSON json.RawMessage

// MarshalJSON writes it as it stands.
func (c configJSON) MarshalJSON() ([]byte, error) { return c, nil }

// Schema implements huma.SchemaProvider: the config's schema is that of
// schemas/collect, which describe puts in.
func (configJSON) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Ref: "#/components/schemas/" + configSchema}
}

var _ huma.SchemaProvider = configJSON(nil)

// Named is the collection that a path names.
type Named struct {
	Name string `path:"name" doc:"The collection's name." example:"shop-access"`
}

// Conditions are the headers that make a change conditional. Exported for huma, as Named.
type Conditions struct {
	IfMatch     string `header:"If-Match" doc:"Change only what is at this ETag, or at any with *."`
	IfNoneMatch string `header:"If-None-Match" doc:"With *: create only. With an ETag: not what is at it."`
}

func (c Conditions) want() store.Condition { return store.ParseCondition(c.IfMatch, c.IfNoneMatch) }

// BodyKind is the header that says what a body is written in. Exported for huma, as Named.
type BodyKind struct {
	ContentType string `header:"Content-Type" hidden:"true"`
}

type putInput struct {
	Named
	Conditions
	BodyKind
	RawBody []byte `contentType:"application/json"`
}

type deleteInput struct {
	Named
	Conditions
}

type getInput struct {
	Named
	IfNoneMatch string `header:"If-None-Match" doc:"Answer 304 if the collection is still at this ETag."`
}

// configOutput is a config with its revision as the ETag.
type configOutput struct {
	Status int
	ETag   string `header:"ETag" doc:"The quoted revision."`
	Body   configJSON
}

// Listed is a collection in a list.
type Listed struct {
	Name     string      `json:"name"`
	Revision revision.ID `json:"revision" doc:"16 hexadecimal digits; quoted it is the ETag."`
	Config   configJSON  `json:"config"`
	Running
}

// CollectionList is the answer to GET /collections.
type CollectionList struct {
	Collections []Listed `json:"collections" doc:"By name." nullable:"false"`
}

type listOutput struct{ Body CollectionList }

type validateInput struct {
	Name string `query:"name" doc:"The collection's name, where the config does not give it."`
	BodyKind
	RawBody []byte `contentType:"application/json"`
}

// Valid is the answer to a config without problems.
type Valid struct {
	Valid    bool        `json:"valid" doc:"Always true: a config with problems is answered with 422."`
	Revision revision.ID `json:"revision,omitzero" doc:"What publishing would name it; only with a name."`
	Config   configJSON  `json:"config" doc:"With all defaults filled in."`
}

type validateOutput struct{ Body Valid }

func (a *api) collections(h huma.API) {
	huma.Register(h, operation(http.MethodGet, "/collections", "list-collections", "List collections", "All collections with their configs, and how they fare."), a.list)
	huma.Register(h, operation(http.MethodGet, "/collections/{name}", "get-collection", "Read a collection",
		"The config with all defaults filled in, as PUT takes it.", http.StatusNotFound), a.get)
	put := operation(http.MethodPut, "/collections/{name}", "put-collection", "Create or change a collection",
		"Hosts begin to follow within seconds. A config that is already so changes nothing. The pipeline of a line is the one that was in force when it was read.",
		http.StatusConflict, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusBadRequest)
	put.MaxBodyBytes, put.SkipValidateBody = maxConfig, true // Parse judges it, and says more
	put.BodyReadTimeout = bodyTimeout
	huma.Register(h, put, a.put)
	del := operation(http.MethodDelete, "/collections/{name}", "delete-collection", "Delete a collection",
		"Hosts let go of its files. What was collected stays.", http.StatusNotFound, http.StatusPreconditionFailed)
	huma.Register(h, del, a.delete)
	validate := operation(http.MethodPost, "/collections/validate", "validate-collection", "Check a collection",
		"What PUT would say of the config, without a change.",
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusBadRequest)
	validate.MaxBodyBytes, validate.SkipValidateBody = maxConfig, true
	validate.BodyReadTimeout = bodyTimeout
	huma.Register(h, validate, a.validate)

	item := h.OpenAPI().Paths[Prefix+"/collections/{name}"]
	describeBody(item.Put)
	describeBody(h.OpenAPI().Paths[Prefix+"/collections/validate"].Post)
	created := *item.Put.Responses["200"]
	created.Description = "Created"
	item.Put.Responses["201"] = &created
	item.Put.Responses["200"].Description = "Changed, or already so"
	item.Get.Responses["304"] = &huma.Response{Description: "Not Modified", Headers: item.Get.Responses["200"].Headers}
}

// describeBody tells of a body that is read raw, so that Parse and not huma judges
// it, what it looks like.
func describeBody(op *huma.Operation) {
	op.RequestBody.Required = true
	op.RequestBody.Content["application/json"].Schema = configJSON(nil).Schema(nil)
}

func (a *api) list(ctx context.Context, _ *struct{}) (*listOutput, error) {
	all, err := a.Store.List(ctx)
	if err != nil && !errors.Is(err, store.ErrBroken) {
		return nil, a.fail(err)
	}
	a.tellBroken(err)
	out := &listOutput{Body: CollectionList{Collections: make([]Listed, len(all))}}
	fare := a.fare()
	for i, c := range all {
		out.Body.Collections[i] = Listed{Name: c.Name, Revision: c.Rev, Config: configJSON(c.Config), Running: fare(c)}
	}
	return out, nil
}

// tellBroken logs which collections are left out of the list, when they change: pages ask
// for it every few seconds.
func (a *api) tellBroken(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if was, _ := a.broken.Swap(text).(string); text != was && err != nil {
		a.Log.Warn("collections are left out", "error", err)
	}
}

// fare tells of a collection how it fares. The list is of use without the tables, so
// while they are being read nothing runs.
func (a *api) fare() func(*store.Stored) Running {
	beats, errBeats := a.Fleet.All()
	states, errStates := a.Hosts.All()
	if err := errors.Join(errBeats, errStates); err != nil {
		a.Log.Debug("collections are listed without figures", "error", err)
	}
	now := a.Now()
	of, apps, failed := running(beats, now), rates(states, now), a.Flow.Failed()
	return func(c *store.Stored) Running {
		r := Running{Revisions: map[string]int{}}
		if known := of[c.Name]; known != nil {
			r = *known
		}
		r.Failures = failed[c.Name]
		var config struct{ App string }
		if err := json.Unmarshal(c.Config, &config); err == nil {
			r.Rate1m = apps[config.App]
		}
		return r
	}
}

func (a *api) get(ctx context.Context, in *getInput) (*configOutput, error) {
	c, err := a.Store.Get(ctx, in.Name)
	if err != nil {
		return nil, a.fail(err)
	}
	if store.TagMatches(in.IfNoneMatch, c.Rev) {
		return nil, huma.ErrorWithHeaders(huma.Status304NotModified(), http.Header{"Etag": {store.Tag(c.Rev)}})
	}
	return &configOutput{Status: http.StatusOK, ETag: store.Tag(c.Rev), Body: configJSON(c.Config)}, nil
}

func (a *api) put(ctx context.Context, in *putInput) (*configOutput, error) {
	if err := refuseYAML(in.ContentType, in.RawBody); err != nil {
		return nil, err
	}
	c, outcome, err := a.Store.Put(ctx, in.Name, in.RawBody, in.want())
	if err != nil {
		return nil, a.fail(err)
	}
	status := http.StatusOK
	if outcome == store.Created {
		status = http.StatusCreated
	}
	if outcome != store.Unchanged {
		a.Log.Info("collection published", "collection", c.Name, "revision", c.Rev)
	}
	return &configOutput{Status: status, ETag: store.Tag(c.Rev), Body: c.Canonical}, nil
}

func (a *api) delete(ctx context.Context, in *deleteInput) (*struct{}, error) {
	if err := a.Store.Delete(ctx, in.Name, in.want()); err != nil {
		return nil, a.fail(err)
	}
	a.Log.Info("collection deleted", "collection", in.Name)
	return nil, nil
}

// yamlStart is how a config in YAML begins, and none in JSON.
var yamlStart = regexp.MustCompile(`^\s*(---|#|[a-z_]+:(\s|$))`)

// refuseYAML tells those who send a file in YAML how it is published: here configs are
// JSON, in which no value can be taken for another by its looks.
func refuseYAML(contentType string, body []byte) error {
	if !strings.Contains(strings.ToLower(contentType), "yaml") && !yamlStart.Match(body) {
		return nil
	}
	return problem.New(http.StatusUnsupportedMediaType,
		"collections are taken as JSON here (Content-Type: application/json); a file in YAML is published with: millrace publish --to URL FILE. Nothing was changed")
}

// unnamed stands for the name of a config that has none yet.
const unnamed = "unnamed"

func (a *api) validate(_ context.Context, in *validateInput) (*validateOutput, error) {
	if err := refuseYAML(in.ContentType, in.RawBody); err != nil {
		return nil, err
	}
	var given struct{ Name string }
	_ = json.Unmarshal(in.RawBody, &given) // Check says what is wrong with it
	name := in.Name
	if name == "" {
		name = given.Name
	}
	if name == "" {
		name = unnamed
	}
	c, err := store.Check(name, in.RawBody)
	if err != nil {
		return nil, a.fail(err)
	}
	out := &validateOutput{Body: Valid{Valid: true, Config: c.Canonical}}
	if name != unnamed {
		out.Body.Revision = c.Rev
	}
	return out, nil
}
