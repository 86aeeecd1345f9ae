package plan

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Shape is what there is to strike.
type Shape struct {
	Count map[Role]int // how many of each role
	// Cuts and Answers are the modes there are.
	Cuts    []string
	Answers []string
	// Session is how long a group waits for a silent member: some pauses of ours
	// are longer, so that a process wakes up as one that was given up.
	Session time.Duration
}

// card is a fault without its time.
type card struct {
	kind Kind
	role Role
	mode string
}

// share is how often each kind comes in a round of the deck.
var share = []struct {
	kind  Kind
	times int
}{{Kill, 7}, {Cut, 6}, {Pause, 4}, {Edit, 3}, {Answer, 2}, {Disk, 2}, {Outage, 1}}

// Make is the plan of a seed: n faults that begin within span, in order of their
// beginning. Every kind comes before any comes too often: 25 faults hold them all.
func Make(seed uint64, n int, span time.Duration, shape Shape) []Fault {
	rng := rand.New(rand.NewPCG(seed, 0x6d696c6c72616365)) // "millrace"
	cards := deal(rng, n, shape)
	return schedule(rng, cards, span, shape)
}

// deal draws n cards: each kind as often as its share says, and of each kind all
// its cards before one comes twice.
func deal(rng *rand.Rand, n int, shape Shape) []card {
	decks := map[Kind][]card{}
	var dealt []card
	draw := func(kind Kind) {
		if len(decks[kind]) == 0 {
			decks[kind] = deck(kind, shape)
			rng.Shuffle(len(decks[kind]), func(i, j int) { decks[kind][i], decks[kind][j] = decks[kind][j], decks[kind][i] })
		}
		if len(decks[kind]) > 0 {
			dealt, decks[kind] = append(dealt, decks[kind][0]), decks[kind][1:]
		}
	}
	for len(dealt) < n {
		before := len(dealt)
		var round []Kind
		for _, s := range share {
			draw(s.kind) // one of each first, so that a short plan has them all
			for range s.times - 1 {
				round = append(round, s.kind)
			}
		}
		for _, kind := range round {
			draw(kind)
		}
		if len(dealt) == before {
			return nil // there is nothing to strike
		}
	}
	dealt = dealt[:n]
	rng.Shuffle(n, func(i, j int) { dealt[i], dealt[j] = dealt[j], dealt[i] })
	return dealt
}

// deck has every card of a kind.
func deck(kind Kind, shape Shape) []card {
	var all []card
	add := func(mode string, roles ...Role) {
		for _, r := range roles {
			if shape.Count[r] > 0 {
				all = append(all, card{kind, r, mode})
			}
		}
	}
	switch kind {
	case Kill, Pause:
		add("", Agent, Processor, Indexer, Admin, Broker, Etcd, Search)
	case Cut:
		for _, mode := range shape.Cuts {
			add(mode, Broker, Etcd, Search)
		}
	case Answer:
		for _, mode := range shape.Answers {
			add(mode, Search)
		}
	case Disk:
		add("", StateDisk)
	case Edit:
		add("", Collection)
	case Outage:
		add("", Broker, Etcd)
	}
	return all
}

// schedule gives every card a target, a time and a length. A card whose target is
// still struck waits in its place while a later one goes first.
func schedule(rng *rand.Rand, cards []card, span time.Duration, shape Shape) []Fault {
	busy := map[Target]time.Duration{} // until when each target is struck
	var faults []Fault
	gap := span / time.Duration(max(len(cards), 1))
	for slot := 0; len(cards) > 0; slot++ {
		at := gap*time.Duration(slot) + time.Duration(rng.Int64N(int64(gap)+1))
		i := slices.IndexFunc(cards, func(c card) bool { return free(c, busy, at, shape) != nil })
		if i < 0 {
			continue // all that is left is struck: the plan becomes longer
		}
		c := cards[i]
		cards = slices.Delete(cards, i, i+1)
		choice := free(c, busy, at, shape)
		f := Fault{Kind: c.kind, Mode: c.mode, At: at.Round(time.Millisecond), For: length(rng, c, shape).Round(time.Millisecond)}
		f.Target = choice[rng.IntN(len(choice))]
		busy[f.Target.Lock()] = f.End() + recovery(c)
		faults = append(faults, f)
	}
	return faults
}

// free are the targets that the card may strike at a time; nil when there is none.
func free(c card, busy map[Target]time.Duration, at time.Duration, shape Shape) []Target {
	if c.kind == Outage {
		if t := (Target{c.role, All}); busy[t.Lock()] <= at {
			return []Target{t}
		}
		return nil
	}
	var all []Target
	for n := range shape.Count[c.role] {
		if t := (Target{c.role, n}); busy[t.Lock()] <= at {
			all = append(all, t)
		}
	}
	return all
}

// recovery is how long a server that was killed may need before its cluster can
// lose another one: starting, and catching up with its replicas.
func recovery(c card) time.Duration {
	switch {
	case !c.role.server() || c.kind == Cut || c.kind == Answer:
		return time.Second
	default:
		return 15 * time.Second
	}
}

// length is how long a fault lasts.
func length(rng *rand.Rand, c card, shape Shape) time.Duration {
	between := func(least, most time.Duration) time.Duration {
		return least + time.Duration(rng.Int64N(int64(most-least)))
	}
	switch c.kind {
	case Edit:
		return 0
	case Pause:
		if rng.IntN(2) == 0 && !c.role.server() {
			return between(shape.Session+time.Second, 2*shape.Session)
		}
		return between(2*time.Second, shape.Session)
	case Kill:
		if c.role.server() {
			return between(2*time.Second, 10*time.Second)
		}
		return between(200*time.Millisecond, 6*time.Second)
	default:
		return between(3*time.Second, 12*time.Second)
	}
}
