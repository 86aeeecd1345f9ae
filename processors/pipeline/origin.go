package pipeline

import (
	"strings"
	"time"
	"unsafe"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/kube"
)

// origin puts into events what is known of them before any step. What stays the same over many lines is rendered once.
type origin struct {
	app, env, collection, revision, agentID rendered
	host                                    rendered
	file                                    *place
	files                                   map[string]*place // by path; those of the last records
	fixedPath                               bool
	at                                      time.Time // when the record was read
	created                                 []byte    // at as JSON
	offset                                  counter
	fixed                                   bool
	fields                                  []event.Fixed
}

// maxFiles is how many files are known: the records of many quiet files come back to the same ones.
const maxFiles = 512

// place is the path of a file, and what it says of the container.
type place struct {
	path      rendered
	container []event.Fixed
}

// rendered is a text and its JSON.
type rendered struct {
	text  string
	value event.Value
}

// What all documents have.
var agentType, ecsVersion = event.Constant("millrace"), event.Constant(ECSVersion)

// apply sets what is not fixed.
func (o *origin) apply(e *event.Event, in *Input) {
	if !o.fixedPath && in.Path != "" {
		o.enter(in.Path)
		e.Set(event.LogFilePath, o.file.path.value)
		for _, f := range o.file.container {
			e.Set(f.ID, f.Value)
		}
	}
	if in.Part > 0 {
		e.Set(event.LogPartIndex, event.Int(int64(in.Part)))
		e.Set(event.LogPartLast, event.Bool(in.LastPart))
		e.Tag(tagPart)
	}
	if in.Unreadable {
		e.Tag(tagCharset)
	}
}

// fits reports whether the fixed fields are those of an input.
func (o *origin) fits(in *Input) bool {
	return o.fixed && o.at.Equal(in.At) && o.fixedPath == !in.ManyPaths && (!o.fixedPath || o.file.path.is(in.Path)) && o.host.is(in.Host) &&
		o.app.is(in.App) && o.env.is(in.Env) && o.collection.is(in.Collection) && o.revision.is(in.Revision) && o.agentID.is(in.AgentID)
}

// fix renders the fields that the record, its host, the file and the collection decide.
func (o *origin) fix(e *event.Event, in *Input) {
	o.app.render(in.App)
	o.env.render(in.Env)
	o.collection.render(in.Collection)
	o.revision.render(in.Revision)
	o.agentID.render(in.AgentID)
	o.host.render(in.Host)
	o.render(in.At)
	o.fixed, o.fixedPath = true, !in.ManyPaths
	o.fields = o.fields[:0]
	if o.fixedPath {
		o.enter(in.Path)
		o.add(event.LogFilePath, &o.file.path)
		o.fields = append(o.fields, o.file.container...)
	}
	o.fields = append(o.fields, event.Fixed{ID: event.EventCreated, Value: event.Lasting(o.created)})
	o.add(event.HostName, &o.host)
	o.add(event.AgentID, &o.agentID)
	o.fields = append(o.fields, event.Fixed{ID: event.AgentType, Value: agentType}, event.Fixed{ID: event.ECSVersion, Value: ecsVersion})
	o.add(event.MillraceCollection, &o.collection)
	o.add(event.MillraceRevision, &o.revision)
	o.add(event.ServiceEnvironment, &o.env)
	o.add(event.ServiceName, &o.app)
	e.Fix(o.fields)
}

// render makes JSON of the time when the record was read. Text that an event may still hold is left alone.
func (o *origin) render(at time.Time) {
	if o.created != nil && o.at.Equal(at) {
		return
	}
	o.at = at
	text := append(make([]byte, 0, len(o.created)), '"')
	text = event.AppendTime(text, at.Unix(), int32(at.Nanosecond()))
	text = append(text, '"')
	o.created = text
}

// add adds a fixed field, unless nothing is known of it.
func (o *origin) add(id event.ID, r *rendered) {
	if r.text != "" {
		o.fields = append(o.fields, event.Fixed{ID: id, Value: r.value})
	}
}

// enter makes the file of a path the one at work.
func (o *origin) enter(path string) {
	if o.file != nil && o.file.path.text == path {
		return
	}
	known, ok := o.files[path]
	if !ok {
		if known = newPlace(strings.Clone(path)); len(o.files) >= maxFiles || o.files == nil {
			o.files = make(map[string]*place)
		}
		o.files[known.path.text] = known
	}
	o.file = known
}

func newPlace(path string) *place {
	p := &place{}
	p.path.render(path)
	c, ok := kube.FromPath(path)
	if !ok {
		return p
	}
	add := func(id event.ID, text string) {
		if text != "" {
			p.container = append(p.container, event.Fixed{ID: id, Value: event.Constant(text)})
		}
	}
	add(event.ContainerID, c.ID)
	add(event.ContainerName, c.Name)
	add(event.KubernetesNamespace, c.Namespace)
	add(event.KubernetesPodName, c.Pod)
	add(event.KubernetesPodUID, c.UID)
	if c.Restarts >= 0 {
		p.container = append(p.container, event.Fixed{ID: event.KubernetesContainerRestarts, Value: event.Int(int64(c.Restarts))})
	}
	return p
}

// is compares where texts are first: lines of a record come with the same ones.
func (r *rendered) is(text string) bool {
	return len(r.text) == len(text) && (unsafe.StringData(r.text) == unsafe.StringData(text) || r.text == text)
}

func (r *rendered) render(text string) {
	if r.text != text {
		r.value = event.Constant(text)
	}
	r.text = text
}
