package step

import (
	"errors"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/format"
)

// ErrDrop is returned by Run to end the event: it is counted and not indexed.
var ErrDrop = errors.New("dropped by the pipeline")

// Context is what a step works on.
type Context struct {
	Event    *event.Event
	At       time.Time      // when the line was read
	Location *time.Location // the zone of times that name none
	Format   format.Input   // reused from line to line

	parts [][]byte // scratch of dissect
}

// Step is one compiled step, shared by all runners: it keeps nothing between events. An error leaves the event's fields as
// they were.
type Step interface {
	Run(c *Context) error
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
)

// Specs returns all kinds of steps, by name.
func Specs() []Spec {
	return []Spec{dateSpec(), dissectSpec(), dropSpec(), formatSpec(), setSpec()}
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
