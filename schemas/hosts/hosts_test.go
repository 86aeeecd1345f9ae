package hosts_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
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

// golden reads the bytes of a state in testdata.
func golden(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The bytes of every shape that was ever written stay readable.
func TestGolden(t *testing.T) {
	const newest = "state.v1-rates.hex"
	if got := hosts.Append(nil, sample()); !bytes.Equal(got, golden(t, newest)) {
		t.Errorf("the format has changed:\n got %x\nwant %x", got, golden(t, newest))
	}
	lines := hosts.Rates{M1: 10, M5: 2, M15: float64(float32(600.0 / 900))}
	for name, want := range map[string]hosts.AppRates{
		"state.v1.hex": {Lines: lines}, // rates of lines alone
		newest: {
			Lines: lines, Bytes: hosts.Rates{M1: 2000, M5: 400, M15: float64(float32(120_000.0 / 900))},
			Errors:   hosts.Rates{M1: float64(float32(0.05)), M5: float64(float32(0.01)), M15: float64(float32(3.0 / 900))},
			Failures: hosts.Rates{M1: float64(float32(1.0 / 60)), M5: float64(float32(1.0 / 300)), M15: float64(float32(1.0 / 900))},
		},
	} {
		s, err := hosts.Decode(golden(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sample(), s, byBytes); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		app, _ := s.App("shop")
		if diff := cmp.Diff(want, app.RatesAt(start)); diff != "" {
			t.Errorf("%s: rates of shop: %s", name, diff)
		}
	}
}

// A state without the rates that came later goes on with them.
func TestRatesOfAnOldStateBegin(t *testing.T) {
	s, err := hosts.Decode(golden(t, "state.v1.hex"))
	if err != nil {
		t.Fatal(err)
	}
	s.Add("shop", start, hosts.Counts{Lines: 60, Bytes: 6000})
	app, _ := s.App("shop")
	if r := app.RatesAt(start); r.Lines.M1 != 11 || r.Bytes.M1 != 100 || r.Errors.M1 != 0 {
		t.Errorf("%+v", r)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := hosts.Append(nil, sample())
	if _, err := hosts.Decode(append([]byte{hosts.Version + 1}, good[1:]...)); err == nil {
		t.Error("a version from the future was read")
	}
	first := len(golden(t, "state.v1.hex")) // a state may end where the later rates begin
	for n := range good {
		if n == first {
			continue
		}
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
		s.Add("shop", at, hosts.Counts{Lines: 10, Bytes: 1000})
	}
	app, _ := s.App("shop")
	steady := app.RatesAt(at)
	for name, rate := range map[string]float64{
		"1m": steady.Lines.M1, "5m": steady.Lines.M5, "15m": steady.Lines.M15, "1m of bytes": steady.Bytes.M1 / 100,
	} {
		if rate < 9.7 || rate > 10.2 {
			t.Errorf("rate over %s of 10 lines a second: %g", name, rate)
		}
	}
	silent := app.RatesAt(at.Add(5 * time.Minute))
	if want := steady.Lines.M5 / math.E; math.Abs(silent.Lines.M5-want) > 0.001 {
		t.Errorf("after 5 silent minutes: %g, want %g", silent.Lines.M5, want)
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
	fr, br := f.RatesAt(start).Lines, b.RatesAt(start).Lines
	if math.Abs(fr.M1-br.M1) > 1e-3 || math.Abs(fr.M15-br.M15) > 1e-3 || f.Counts != b.Counts || !f.At.Equal(b.At) {
		t.Errorf("forth %+v %+v\nback  %+v %+v", f, fr, b, br)
	}
}

func TestAClockPutRightStartsTheRatesAnew(t *testing.T) {
	s := &hosts.State{}
	s.Add("shop", start.AddDate(73, 0, 0), hosts.Counts{Lines: 1})
	s.Add("shop", start, hosts.Counts{Lines: 60})
	app, _ := s.App("shop")
	if r := app.RatesAt(start); r.Lines.M1 != 1 || !s.LastSeen.Equal(start) || app.Lines != 61 {
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
	if r := other.RatesAt(other.At).Lines; r.M1 < 4.5 || r.M1 > 5 {
		t.Errorf("%s has %g lines a second", hosts.Other, r.M1)
	}
}

func TestTheCommonStateIsSmall(t *testing.T) {
	s := &hosts.State{Window: make([]byte, 64)}
	for i := range 12 {
		s.Add(fmt.Sprintf("application-%02d", i), start, hosts.Counts{Lines: 5e9, Bytes: 1e12, Errors: 1e6, Failures: uint64(i) / 6})
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

func (m *model) rates(app string, now time.Time) (r hosts.AppRates, sum hosts.Counts) {
	for _, s := range m.apps[app] {
		age := now.Sub(s.at).Seconds()
		add := func(r *hosts.Rates, sum *uint64, n uint64) {
			r.M1 += float64(n) / 60 * math.Exp(-age/60)
			r.M5 += float64(n) / 300 * math.Exp(-age/300)
			r.M15 += float64(n) / 900 * math.Exp(-age/900)
			*sum += n
		}
		add(&r.Lines, &sum.Lines, s.counts.Lines)
		add(&r.Bytes, &sum.Bytes, s.counts.Bytes)
		add(&r.Errors, &sum.Errors, s.counts.Errors)
		add(&r.Failures, &sum.Failures, s.counts.Failures)
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
		near := cmp.Comparer(func(x, y float64) bool { return math.Abs(x-y) <= 1e-4*(1+y) })
		if diff := cmp.Diff(want, got, near); diff != "" {
			t.Errorf("%s: rates: %s", name, diff)
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

// busy has apps with rates of every kind.
func busy() *hosts.State {
	s := &hosts.State{Window: []byte("w"), Gaps: 7}
	for i, name := range []string{"auth", "cart", "shop", "zone"} {
		s.Add(name, start.Add(time.Duration(i)*time.Minute), hosts.Counts{Lines: 9, Bytes: 100, Errors: 3, Failures: 2})
	}
	return s
}

func TestAStateIsReadTheSameWhateverWasReadBefore(t *testing.T) {
	old := &hosts.State{}
	old.Add("shop", start, hosts.Counts{Lines: 1})
	used := &hosts.State{}
	for name, b := range map[string][]byte{
		"a state with fewer apps": hosts.Append(nil, sample()),
		"one without apps":        hosts.Append(nil, &hosts.State{}),
		"one without other rates": bytes.TrimSuffix(hosts.Append(nil, old), []byte{0}),
	} {
		t.Run(name, func(t *testing.T) {
			if err := errors.Join(used.Decode(hosts.Append(nil, busy())), used.Decode(b)); err != nil {
				t.Fatal(err)
			}
			want, err := hosts.Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, used, cmp.AllowUnexported(hosts.App{}), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
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
		fmt.Println(app.Name, app.Lines, app.RatesAt(start).Lines.M1)
	}
	// Output: shop 120 2
}
