package tail

import (
	"context"
	"time"

	"github.com/millrace/millrace/agent/internal/explain"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/schemas/status"
)

// Known is what there is to tell of the file that real leads to, or a file of this key,
// which may have another name. The error is ctx's.
func (t *Tailer) Known(ctx context.Context, real string, key source.Key) (explain.Known, error) {
	return asked(ctx, t, func() explain.Known { return t.known(real, key, time.Now()) })
}

func (t *Tailer) known(real string, key source.Key, now time.Time) explain.Known {
	k := explain.Known{Revision: t.set.Revision, Views: t.set.Views, Others: t.set.Others, Errors: t.set.Errors}
	if len(t.flight) > 0 {
		k.Unacked = now.Sub(t.flight[0].Manifest.At)
	}
	f := t.named(key)
	if f == nil && key.Inode == 0 {
		f = t.reals[real] // it cannot be looked at
	}
	if f == nil || f.view == nil {
		return k
	}
	file := &explain.File{Source: f.status(now), Adrift: f.adrift, Queued: f.queued, Open: f.open, Err: f.err}
	if _, held := t.held[f]; held {
		file.Held = f.held
	}
	file.Packed = f.zip != nil && !f.zip.done && t.unpacking != f
	var c status.Collection
	t.limits[f.view.Name].tell(&c, now)
	file.Limited = c.Limited
	k.File = file
	return k
}

// Compressed reports whether a file that begins with head is compressed.
func Compressed(head []byte) bool { return compressed(head) }
