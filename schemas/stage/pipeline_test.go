package stage

import "testing"

func TestAJumpIsWellAboveTheHourBefore(t *testing.T) {
	for name, c := range map[string]struct {
		minute, before Share
		want           bool
	}{
		"all is well":  {Share{1000, 0}, Share{60000, 0}, false},
		"nothing came": {Share{}, Share{60000, 600}, false},
		"a pipeline that always failed is no news":       {Share{1000, 300}, Share{60000, 18000}, false},
		"one that fails since a change is":               {Share{1000, 300}, Share{60000, 60}, true},
		"a new one that fails is":                        {Share{10, 10}, Share{}, true},
		"a few odd lines are not":                        {Share{4, 4}, Share{}, false},
		"one in a hundred is not, whatever it was":       {Share{1000, 10}, Share{60000, 0}, false},
		"twice as many are not":                          {Share{1000, 100}, Share{60000, 3000}, false},
		"three times as many are":                        {Share{1000, 150}, Share{60000, 3000}, true},
		"after twenty minutes a jump has become a habit": {Share{1000, 300}, Share{60000, 20 * 300}, true},
		"after half an hour at the latest":               {Share{1000, 300}, Share{60000, 30 * 300}, false},
	} {
		if got := Jumped(c.minute, c.before); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
