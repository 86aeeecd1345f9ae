package tail

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/schemas/collect"
)

// A glob over a foreign tree writes one line to the log, not one for each file.
func TestRefusedFilesAreToldOnceForEachCollectionAndCause(t *testing.T) {
	var out bytes.Buffer
	tailer := &Tailer{log: slog.New(slog.NewTextHandler(&out, nil)), refused: map[string]refusal{}, told: map[refusedFor]int{}}
	refuse := func(collection string, from, n int, err error) {
		for i := from; i < from+n; i++ {
			path := fmt.Sprintf("/srv/%s/%04d.log", collection, i)
			tailer.refuse(&find.Event{Name: path, View: &collect.AgentView{Name: collection}}, fmt.Errorf("%s: %w", path, err))
		}
	}
	told := func(want ...string) {
		t.Helper()
		tailer.tellRefused()
		got := strings.Count(out.String(), "\n")
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%q lacks %q", out.String(), w)
			}
		}
		if got != len(want) {
			t.Errorf("%d lines, want %d:\n%s", got, len(want), out.String())
		}
		out.Reset()
	}
	refuse("shop", 0, 1000, find.ErrNotAllowed)
	refuse("shop", 1000, 3, find.ErrNotRegular)
	refuse("db", 0, 2, find.ErrNotAllowed)
	told(`collection=shop cause="outside allow_paths" files=1000 such_as=/srv/shop/0000.log`, `collection=shop cause="not a regular file" files=3`, `collection=db cause="outside allow_paths" files=2`)
	told()
	refuse("shop", 2000, 900, find.ErrNotAllowed)
	told()
	refuse("shop", 3000, 100, find.ErrNotAllowed)
	told(`collection=shop cause="outside allow_paths" files=2000`)
	clear(tailer.refused)
	told()
	refuse("db", 0, 1, find.ErrNotAllowed)
	told(`collection=db cause="outside allow_paths" files=1 such_as=/srv/db/0000.log`)
}

func TestARefusedFileThatHasGoneIsNotCounted(t *testing.T) {
	r := newRig(t)
	refuse := func(scan uint64, name string) find.Event {
		return find.Event{Kind: find.Match, Name: r.path(name), Real: r.path(name), View: r.view, Err: find.ErrNotRegular, Scan: scan}
	}
	r.take([]find.Event{refuse(1, "app.log.a"), refuse(1, "app.log.b"), refuse(0, "app.log.c"), {Kind: find.Scanned, Scan: 1}})
	if n := len(r.refused); n != 3 {
		t.Errorf("%d files are refused, want 3", n)
	}
	r.take([]find.Event{refuse(2, "app.log.a"), {Kind: find.Scanned, Scan: 2}})
	if n := len(r.refused); n != 1 {
		t.Errorf("%d files are refused, and one is there", n)
	}
}
