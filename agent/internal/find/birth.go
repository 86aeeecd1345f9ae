package find

import (
	"context"
	"time"

	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/schemas/collect"
)

// A file may be made, written and renamed or deleted before anybody opens it. The
// notice of its birth still comes, and what was found at its path then shows that
// it had gone: nothing, or the file that took its place, found twice. Where no
// notice tells where it went, that it was missed is all that can be told of it.

// birthTime is how long it may take until notices have told where a file went.
const birthTime = time.Second

// birth is the newest notice that a file was made at a path.
type birth struct {
	name     string
	view     *collect.AgentView
	key      source.Key // of what was found there; zero: nothing
	at       time.Time
	followed bool // a later notice told where it went
}

// born notes that a file was made at a path; o is what was found there.
func (f *Finder) born(ctx context.Context, path, name string, view *collect.AgentView, o *Opened) {
	next := &birth{name: name, view: view, at: time.Now()}
	if o != nil {
		next.key = o.Info.Key
	}
	if b := f.births[path]; b != nil && !b.followed && (b.key == source.Key{} || b.key == next.key) {
		f.missed(ctx, b)
	}
	f.births[path] = next
}

// followed notes that what was at a path was moved to where it is seen.
func (f *Finder) followed(path string) {
	if b := f.births[path]; b != nil {
		b.followed = true
	}
}

// removed notes that what was at a path is no more.
func (f *Finder) removed(ctx context.Context, path string) {
	if b := f.births[path]; b != nil && !b.followed && b.key == (source.Key{}) {
		f.missed(ctx, b)
		b.followed = true // it is told
	}
}

// settleBirths ends the wait for notices that tell where a file went.
func (f *Finder) settleBirths(ctx context.Context, now time.Time) {
	f.settled = now
	for path, b := range f.births {
		if now.Sub(b.at) < birthTime {
			continue
		}
		delete(f.births, path)
		if !b.followed && b.key == (source.Key{}) {
			f.missed(ctx, b)
		}
	}
	f.tell(ctx)
}

func (f *Finder) missed(ctx context.Context, b *birth) {
	if f.allow.Covers(b.name) {
		f.add1(ctx, Event{Kind: Missed, Name: b.name, View: b.view})
	}
}
