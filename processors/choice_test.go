package processors

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/lovoo/goka"
)

func TestTopicsOfOnePartitionCountAreReadTogether(t *testing.T) {
	for name, c := range map[string]struct {
		inputs []string
		table  goka.Codec
		counts map[string]int
		want   choice
	}{
		"all that agree": {
			[]string{"logs.*"},
			nil,
			map[string]int{"logs.a": 4, "logs.b": 4, "other": 1},
			choice{[]string{"logs.a", "logs.b"}, 4, map[string]int{}},
		},
		"most of them, where some do not": {
			[]string{"logs.*"},
			nil,
			map[string]int{"logs.a": 1, "logs.b": 4, "logs.c": 4},
			choice{[]string{"logs.b", "logs.c"}, 4, map[string]int{"logs.a": 1}},
		},
		"the one that has not grown, of two": {
			[]string{"logs.*"},
			nil,
			map[string]int{"logs.a": 8, "logs.b": 4},
			choice{[]string{"logs.b"}, 4, map[string]int{"logs.a": 8}},
		},
		"those that fit the table": {
			[]string{"logs.*"},
			JSON[int](),
			map[string]int{"logs.a": 8, "logs.b": 8, "logs.c": 4, "group-table": 4},
			choice{[]string{"logs.c"}, 4, map[string]int{"logs.a": 8, "logs.b": 8}},
		},
		"none, where none fits the table": {
			[]string{"logs.*"},
			JSON[int](),
			map[string]int{"logs.a": 8, "group-table": 4},
			choice{nil, 4, map[string]int{"logs.a": 8}},
		},
		"those that fit an input that is named, which is never left out": {
			[]string{"logs.*", "own"},
			nil,
			map[string]int{"logs.a": 8, "logs.b": 8, "logs.c": 4, "own": 4},
			choice{[]string{"logs.c", "own"}, 4, map[string]int{"logs.a": 8, "logs.b": 8}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Spec{Group: "group", Inputs: c.inputs, Table: c.table}.choose(c.counts)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(choice{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
