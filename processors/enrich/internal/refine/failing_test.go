package refine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
)

func TestTheLastLinesThatFailAreToldByCollection(t *testing.T) {
	good, bad := accessLine+"\n", "odd "+strings.Repeat("x", 400)
	first, second := good+bad+"\n", ""
	for i := range 12 {
		second += fmt.Sprintf("odd %d\n", i)
	}
	a, b := lines(len(first)), lines(len(second))
	b.Off, b.Path = a.End(), "/var/log/shop/b.log"
	m, value := raw(first+second, a, b)
	other := compile(t, strings.Replace(shop, "shop-access", "other", 1))
	var w refine.Worker
	out := w.Refine(m, value, []refine.Found{compile(t, shop), other})
	want := []refine.PipelineCounts{{Collection: "shop-access", Lines: 2, Failed: 1}, {Collection: "other", Lines: 12, Failed: 12}}
	if diff := cmp.Diff(want, out.Pipelines); diff != "" {
		t.Error(diff)
	}
	if n := len(out.Failing); n != refine.MostFailing {
		t.Fatalf("%d lines", n)
	}
	last := out.Failing[refine.MostFailing-1]
	if string(last.Line) != "odd 11" || last.Path != b.Path || last.Collection != "other" || !strings.HasPrefix(last.Cause, "pipeline[0].format: ") {
		t.Errorf("%+v", last)
	}
	m, value = raw(first, a)
	out = w.Refine(m, value, []refine.Found{compile(t, shop)})
	if len(out.Failing) != 1 || string(out.Failing[0].Line) != bad[:refine.MaxFailing] {
		t.Errorf("%+v", out.Failing)
	}
}
