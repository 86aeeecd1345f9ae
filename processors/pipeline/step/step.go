package step

import (
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/format"
	"github.com/millrace/millrace/processors/pipeline/geo"
	"github.com/millrace/millrace/processors/pipeline/grok"
	"github.com/millrace/millrace/processors/pipeline/useragent"
)

// ErrDrop is returned by Run to end the event: it is counted and not indexed.
var ErrDrop = errors.New("dropped by the pipeline")

// ErrEnd is returned by Run to end the pipeline for an event that is to be indexed as it is.
var ErrEnd = errors.New("the pipeline ends here")

// Context is what a step works on.
type Context struct {
	Event  *event.Event
	Format format.Input // of the event; when it was read, and where, is that of all lines of a record
	ID     []byte       // the event's id; empty in trials
	App    string       // where the event goes; reroute changes it
	Data   Data         // what changes over time

	// Inner runs a step that another holds; the runner sets it.
	Inner func(Inner) error

	work   int      // how much the steps did on this line
	parts  [][]byte // scratch of dissect and csv
	spans  []int    // scratch of pairs
	grok   grok.Scratch
	values []event.Value // scratch of grok
	agents *useragent.Cache
	places *geo.Cache
	pairs  []keyValue     // scratch of kv and logfmt
	fields []format.Field // scratch of json
	array  []byte         // scratch of append
}

// Begin forgets what the line before left behind.
func (c *Context) Begin() { c.work = 0 }

// maxWork bounds what all steps together do on one line, in bytes that they read or write. A line of 256 KiB may pass a
// hundred steps; a step that would keep a processor busy for longer fails, and so do those behind it.
const maxWork = 32 << 20

var errWork = errors.New("the steps did more work on this line than one line may take")

// spend counts work and says when it was too much.
func (c *Context) spend(n int) error {
	if c.work += n; c.work > maxWork {
		return errWork
	}
	return nil
}

// Step is one compiled step, shared by all runners: it keeps nothing between events. An error leaves the event's fields as
// they were.
type Step interface {
	Run(c *Context) error
}

// Dropper is a step that may drop events.
type Dropper interface {
	Step
	Drops()
}

// Spec describes a kind of step.
type Spec struct {
	Name    string   `json:"name"`
	Summary string   `json:"summary"`
	Options []Option `json:"options"`
	// Short names the option that a plain string in place of the options stands for; empty if there is none.
	Short string `json:"short,omitempty"`
	// Example is a step of this kind as it stands in a collection.
	Example string `json:"example"`

	compile func(b *Build) Step
	varies  bool // what it does may change over time
}

// Option describes one option of a step.
type Option struct {
	Name     string   `json:"name"`
	Type     Type     `json:"type"`
	Summary  string   `json:"summary"`
	Required bool     `json:"required,omitempty"`
	Default  any      `json:"default,omitempty"`
	Enum     []string `json:"enum,omitempty"`
}

// Type is the JSON type of an option.
type Type string

// The types of options.
const (
	TypeText   Type = "string"
	TypeBool   Type = "boolean"
	TypeTexts  Type = "strings" // an array of strings
	TypeAny    Type = "any"
	TypeExpr   Type = "expression" // a condition
	TypeField  Type = "field"      // the path of a field that is read
	TypeTarget Type = "target"     // the path of a field that is written
	TypeSteps  Type = "steps"      // an array of steps
	TypeStep   Type = "step"       // one step
	TypeList   Type = "list"       // a string, or an array of strings
	TypeNumber Type = "number"
	TypeObject Type = "object"
)

// Specs returns all kinds of steps, by name.
func Specs() []Spec {
	return []Spec{
		appendSpec(), communityIDSpec(), convertSpec(), csvSpec(), dateSpec(), dissectSpec(), dropSpec(), fingerprintSpec(),
		foreachSpec(), formatSpec(), geoIPSpec(), grokSpec(), gsubSpec(), joinSpec(), jsonSpec(), kvSpec(), logfmtSpec(), lookupSpec(),
		lowercaseSpec(), networkDirectionSpec(), redactSpec(), regexSpec(), removeSpec(), renameSpec(), rerouteSpec(), sampleSpec(),
		setSpec(), splitSpec(), trimSpec(), uppercaseSpec(), uriPartsSpec(), urldecodeSpec(), userAgentSpec(),
	}
}

// Common returns the options that every step takes.
func Common() []Option {
	return []Option{
		{Name: "if", Type: TypeExpr, Summary: "run the step only where this condition holds"},
		{Name: "on_failure", Type: TypeSteps, Summary: "steps to run when this one fails; if they succeed the event goes on as if it had not"},
		{Name: "ignore_failure", Type: TypeBool, Default: false, Summary: "go on with the next step when this one fails, without a mark"},
		{Name: "tag", Type: TypeText, Summary: "name of this step; also the tag of events it fails on, in place of _<step>_failure"},
	}
}
