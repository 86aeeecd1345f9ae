package pipeline

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestACounterWritesNumbersAsTheyAre(t *testing.T) {
	var c counter
	n := uint64(0)
	for i := range 100_000 {
		switch i % 1000 {
		case 0:
			n = rand.Uint64() >> rand.IntN(64)
		case 500:
			n = []uint64{0, 9, 95, 99_999, math.MaxInt64, math.MaxUint64}[rand.IntN(6)]
		default:
			n += rand.Uint64() >> (40 + rand.IntN(24))
		}
		if got, want := string(c.to(n).Bytes()), strconv.FormatUint(n, 10); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
}
