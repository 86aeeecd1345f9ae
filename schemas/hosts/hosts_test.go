package hosts_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/millrace/millrace/schemas/hosts"
)

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

var byBytes = cmp.Options{cmpopts.IgnoreUnexported(hosts.App{}), cmpopts.EquateEmpty()}

func sample() *hosts.State {
	s := &hosts.State{Window: []byte{1, 2, 3}}
	s.Add("shop", start, hosts.Counts{Lines: 600, Bytes: 120_000, Errors: 3, Failures: 1})
	s.Add("auth", start.Add(2*time.Second), hosts.Counts{Lines: 6, Bytes: 600})
	s.Gaps, s.GapBytes, s.SkippedLines = 1, 4096, 77
	return s
}

// The bytes of every version that was ever written stay readable.
func TestGolden(t *testing.T) {
	want, err := os.ReadFile("testdata/state.v1.hex")
	if err != nil {
		t.Fatal(err)
	}
	got := hex.EncodeToString(hosts.Append(nil, sample())) + "\n"
	if got != string(want) {
		t.Errorf("the format has changed:\n got %swant %s", got, want)
	}
	golden, err := hex.DecodeString(string(want[:len(want)-1]))
	if err != nil {
		t.Fatal(err)
	}
	s, err := hosts.Decode(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), s, byBytes); diff != "" {
		t.Error(diff)
	}
	app, _ := s.App("shop")
	if r := app.RatesAt(start); r != (hosts.Rates{M1: 10, M5: 2, M15: float64(float32(600.0 / 900))}) {
		t.Errorf("rates of shop: %+v", r)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := hosts.Append(nil, sample())
	if _, err := hosts.Decode(append([]byte{hosts.Version + 1}, good[1:]...)); err == nil {
		t.Error("a version from the future was read")
	}
	for n := range good {
		if _, err := hosts.Decode(good[:n]); err == nil {
			t.Errorf("%d of %d bytes were read as a whole state", n, len(good))
		}
	}
	if _, err := hosts.Decode(append(good, "later fields"...)); err != nil {
		t.Errorf("later fields are in the way: %v", err)
	}
}

func TestRatesFollowTheLoad(t *testing.T) {
	s := &hosts.State{}
	at := start
	for range 3600 { // an hour of 10 lines a second
		at = at.Add(time.Second)
		s.Add("shop", at, hosts.Counts{Lines: 10})
	}
	app, _ := s.App("shop")
	steady := app.RatesAt(at)
	for name, rate := range map[string]float64{"1m": steady.M1, "5m": steady.M5, "15m": steady.M15} {
		if rate < 9.7 || rate > 10.2 {
			t.Errorf("rate over %s of 10 lines a second: %g", name, rate)
		}
	}
	silent := app.RatesAt(at.Add(5 * time.Minute))
	if want := steady.M5 / math.E; math.Abs(silent.M5-want) > 0.001 {
		t.Errorf("after 5 silent minutes: %g, want %g", silent.M5, want)
	}
	if early := app.RatesAt(at.Add(-time.Minute)); early != steady {
		t.Errorf("a reader whose clock is behind sees %+v", early)
	}
}

// Records of several writers of one host overtake each other.
func TestOrderOfRecordsDoesNotMatterToRates(t *testing.T) {
	forth, back := &hosts.State{}, &hosts.State{}
	for i := range 100 {
		forth.Add("shop", start.Add(time.Duration(i)*time.Second), hosts.Counts{Lines: uint64(i)})
		back.Add("shop", start.Add(time.Duration(99-i)*time.Second), hosts.Counts{Lines: uint64(99 - i)})
	}
	f, _ := forth.App("shop")
	b, _ := back.App("shop")
	fr, br := f.RatesAt(start), b.RatesAt(start)
	if math.Abs(fr.M1-br.M1) > 1e-3 || math.Abs(fr.M15-br.M15) > 1e-3 || f.Counts != b.Counts || !f.At.Equal(b.At) {
		t.Errorf("forth %+v %+v\nback  %+v %+v", f, fr, b, br)
	}
}

func TestAClockPutRightStartsTheRatesAnew(t *testing.T) {
	s := &hosts.State{}
	s.Add("shop", start.AddDate(73, 0, 0), hosts.Counts{Lines: 1})
	s.Add("shop", start, hosts.Counts{Lines: 60})
	app, _ := s.App("shop")
	if r := app.RatesAt(start); r.M1 != 1 || !s.LastSeen.Equal(start) || app.Lines != 61 {
		t.Errorf("rates %+v, last seen %v, lines %d", r, s.LastSeen, app.Lines)
	}
}

func TestTheSilentAppMakesRoom(t *testing.T) {
	s := &hosts.State{}
	for i := range hosts.MaxApps + 5 {
		s.Add(fmt.Sprintf("app%03d", i), start.Add(time.Duration(i)*time.Second), hosts.Counts{Lines: 60})
	}
	if len(s.Apps) != hosts.MaxApps+1 {
		t.Fatalf("%d apps", len(s.Apps))
	}
	if _, kept := s.App("app004"); kept {
		t.Error("app004 was silent for longest and is still there")
	}
	if _, kept := s.App("app005"); !kept {
		t.Error("app005 is gone")
	}
	other, _ := s.App(hosts.Other)
	if other.Lines != 5*60 {
		t.Errorf("%s has %d lines, want 300", hosts.Other, other.Lines)
	}
	if r := other.RatesAt(other.At); r.M1 < 4.5 || r.M1 > 5 {
		t.Errorf("%s has %g lines a second", hosts.Other, r.M1)
	}
}

func TestTheCommonStateIsSmall(t *testing.T) {
	s := &hosts.State{Window: make([]byte, 64)}
	for i := range 12 {
		s.Add(fmt.Sprintf("application-%02d", i), start, hosts.Counts{Lines: 5e9, Bytes: 1e12, Errors: 1e6, Failures: 1e6})
	}
	if n := len(hosts.Append(nil, s)); n > 1024 {
		t.Errorf("12 apps take %d bytes", n)
	}
}

// model is the host's state without any cleverness: every record, kept.
type model struct {
	apps map[string][]shot
}

type shot struct {
	at     time.Time
	counts hosts.Counts
}

func (m *model) rates(app string, now time.Time) (r hosts.Rates, sum hosts.Counts) {
	for _, s := range m.apps[app] {
		age, n := now.Sub(s.at).Seconds(), float64(s.counts.Lines)
		r.M1 += n / 60 * math.Exp(-age/60)
		r.M5 += n / 300 * math.Exp(-age/300)
		r.M15 += n / 900 * math.Exp(-age/900)
		sum.Lines += s.counts.Lines
		sum.Bytes += s.counts.Bytes
		sum.Errors += s.counts.Errors
		sum.Failures += s.counts.Failures
	}
	return r, sum
}

func TestStateAgreesWithAModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	s, m := &hosts.State{}, &model{apps: map[string][]shot{}}
	at := start
	for range 5000 {
		at = at.Add(time.Duration(rng.Int64N(int64(20 * time.Second))))
		late := at.Add(-time.Duration(rng.Int64N(int64(time.Minute))))
		app := fmt.Sprintf("app%d", rng.IntN(8))
		c := hosts.Counts{Lines: rng.Uint64N(1000), Bytes: rng.Uint64N(1 << 18), Errors: rng.Uint64N(10), Failures: rng.Uint64N(3)}
		s.Add(app, late, c)
		m.apps[app] = append(m.apps[app], shot{late, c})
		var err error
		if s, err = hosts.Decode(hosts.Append(nil, s)); err != nil {
			t.Fatal(err)
		}
	}
	for name := range m.apps {
		app, _ := s.App(name)
		now := at.Add(time.Minute)
		want, sum := m.rates(name, now)
		got := app.RatesAt(now)
		if app.Counts != sum {
			t.Errorf("%s: %+v, want %+v", name, app.Counts, sum)
		}
		for _, pair := range [][2]float64{{got.M1, want.M1}, {got.M5, want.M5}, {got.M15, want.M15}} {
			if math.Abs(pair[0]-pair[1]) > 1e-4*(1+pair[1]) {
				t.Errorf("%s: rates %+v, want %+v", name, got, want)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(hosts.Append(nil, sample()))
	f.Add([]byte{hosts.Version})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := hosts.Decode(b)
		if err != nil {
			return
		}
		again, err := hosts.Decode(hosts.Append(nil, s))
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if diff := cmp.Diff(s, again, cmp.AllowUnexported(hosts.App{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
		s.Add("shop", start, hosts.Counts{Lines: 1})
		if _, ok := s.App("shop"); !ok {
			t.Fatal("an app that was added is not there")
		}
	})
}

func ExampleDecode() {
	s := &hosts.State{}
	s.Add("shop", start, hosts.Counts{Lines: 120, Bytes: 24_000})
	read, err := hosts.Decode(hosts.Append(nil, s))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, app := range read.Apps {
		fmt.Println(app.Name, app.Lines, app.RatesAt(start).M1)
	}
	// Output: shop 120 2
}
