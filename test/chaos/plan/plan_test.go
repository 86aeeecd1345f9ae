package plan

import (
	"reflect"
	"testing"
	"time"
)

var shape = Shape{
	Count:   map[Role]int{Agent: 2, Processor: 2, Indexer: 2, Admin: 1, Broker: 3, Etcd: 3, Search: 1, Collection: 2, StateDisk: 2},
	Cuts:    []string{"refused", "hole"},
	Answers: []string{"429", "503"},
	Session: 10 * time.Second,
}

func TestASeedGivesTheSamePlanAgain(t *testing.T) {
	if a, b := Make(7, 25, time.Minute, shape), Make(7, 25, time.Minute, shape); !reflect.DeepEqual(a, b) {
		t.Errorf("two plans of one seed:\n%v\n%v", a, b)
	}
	if reflect.DeepEqual(Make(7, 25, time.Minute, shape), Make(8, 25, time.Minute, shape)) {
		t.Error("two seeds give one plan")
	}
}

func TestEveryPlanHoldsAllKinds(t *testing.T) {
	for seed := range uint64(200) {
		for _, n := range []int{7, 20, 25, 60} {
			faults := Make(seed, n, 2*time.Minute, shape)
			if len(faults) != n {
				t.Fatalf("seed %d: %d faults, want %d", seed, len(faults), n)
			}
			seen := map[Kind]bool{}
			for i, f := range faults {
				seen[f.Kind] = true
				if i > 0 && f.At < faults[i-1].At {
					t.Fatalf("seed %d: %v comes after %v", seed, f, faults[i-1])
				}
			}
			for _, k := range Kinds() {
				if !seen[k] {
					t.Errorf("seed %d: no %s among %d faults", seed, k, n)
				}
			}
		}
	}
}

// Two brokers of three at once is more than acks from all replicas survives
// without a pause; two strikes on one process cannot be told apart.
func TestAClusterIsStruckByOneFaultAtATime(t *testing.T) {
	for seed := range uint64(200) {
		faults := Make(seed, 40, 2*time.Minute, shape)
		for i, f := range faults {
			for _, g := range faults[:i] {
				if f.Target.Lock() == g.Target.Lock() && f.At < g.End() {
					t.Fatalf("seed %d: %v at %s while %v until %s", seed, f, f.At, g, g.End())
				}
			}
		}
	}
}

func TestAnAgentIsNotStruckWhileItsDiskIsFull(t *testing.T) {
	if got := (Target{StateDisk, 1}).Lock(); got != (Target{Agent, 1}) {
		t.Errorf("a full disk locks %v", got)
	}
}

func TestEachFaultComesOnce(t *testing.T) {
	faults := Each(shape)
	seen := map[string]bool{}
	for _, f := range faults {
		if seen[f.String()] {
			t.Errorf("%v comes twice", f)
		}
		seen[f.String()] = true
	}
	// seven roles killed and paused, three wires cut in two ways, two answers, a disk,
	// an edit, two clusters
	if want := 2*7 + 3*2 + 2 + 1 + 1 + 2; len(faults) != want {
		t.Errorf("%d faults, want %d", len(faults), want)
	}
}

func TestSomePausesOutliveTheSession(t *testing.T) {
	var long, short int
	for seed := range uint64(50) {
		for _, f := range Make(seed, 25, 2*time.Minute, shape) {
			switch {
			case f.Kind == Pause && f.For > shape.Session:
				long++
			case f.Kind == Pause:
				short++
			}
		}
	}
	if long == 0 || short == 0 {
		t.Errorf("%d pauses are longer than a session, %d shorter", long, short)
	}
}

func TestAPlanWithoutTargetsIsEmpty(t *testing.T) {
	if got := Make(1, 5, time.Minute, Shape{}); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestFaultsReadWell(t *testing.T) {
	for want, f := range map[string]Fault{
		"kill broker 2":         {Kind: Kill, Target: Target{Broker, 1}},
		"cut search 1 (hole)":   {Kind: Cut, Target: Target{Search, 0}, Mode: "hole"},
		"outage every broker":   {Kind: Outage, Target: Target{Broker, All}},
		"answer search 1 (429)": {Kind: Answer, Target: Target{Search, 0}, Mode: "429"},
	} {
		if got := f.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
