package tail

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/millrace/millrace/schemas/record"
)

// spooled reports whether a path belongs to the spool of an input, and to which.
func (t *Tailer) spooled(path string) (input string, ok bool) {
	rest, ok := strings.CutPrefix(path, t.cfg.Spools+"/")
	if t.cfg.Spools == "" || !ok {
		return "", false
	}
	return filepath.Dir(rest), true
}

// origin is what records tell as the path of a file: of a spool the input, whose name
// means more than that of a file that is soon deleted.
func (t *Tailer) origin(path string) string {
	if input, ok := t.spooled(path); ok {
		return "input://" + input
	}
	return path
}

// Acked tells of the files below a folder how far Kafka has them; files of which a
// part is under way are left out. What it tells is on disk: a restart does not ask for
// these bytes again, so the files may be deleted.
func (t *Tailer) Acked(ctx context.Context, folder string) (map[string]uint64, error) {
	ends, err := asked(ctx, t, func() map[string]uint64 { return t.ackedIn(folder) })
	if err != nil || len(ends) == 0 {
		return nil, err
	}
	return ends, t.state.Sync()
}

func (t *Tailer) ackedIn(folder string) map[string]uint64 {
	t.state.Flush()
	if _, err := t.state.Failures(); err != nil {
		return nil // a restart would not know what we know
	}
	busy := map[record.SourceID]struct{}{}
	for _, r := range t.flight {
		for i := range r.Manifest.Segments {
			busy[r.Manifest.Segments[i].Src] = struct{}{}
		}
	}
	ends := map[string]uint64{}
	for id, f := range t.files {
		if _, ok := busy[id]; !ok && !t.builder.Holds(id) && strings.HasPrefix(f.name, folder+"/") {
			ends[f.name] = f.off
		}
	}
	return ends
}
