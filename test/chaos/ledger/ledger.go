package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Ledger counts lines. It is not safe for concurrent use.
type Ledger struct {
	seed    uint64
	files   map[string][]uint8 // how often each line was found
	foreign []string
	mangled []Mangled
}

// Mangled is a line that was found with another text than it was written with.
type Mangled struct {
	File      string
	N         int
	Got, Want string
}

// keep bounds the samples of what is wrong, and excerpt the length of each.
const (
	keep    = 20
	excerpt = 300
)

// New opens the books: written has the number of lines of each file.
func New(seed uint64, written map[string]int) *Ledger {
	l := &Ledger{seed: seed, files: map[string][]uint8{}}
	for file, n := range written {
		l.files[file] = make([]uint8, n)
	}
	return l
}

// Found books a line as the index has it.
func (l *Ledger) Found(text string) {
	file, n, ok := Parse(text)
	if !ok || n >= len(l.files[file]) {
		l.foreign = append(l.foreign, text)
		return
	}
	if l.files[file][n] < 255 {
		l.files[file][n]++
	}
	if want := Indexed(Line(l.seed, file, n)); text != want {
		l.mangled = append(l.mangled, Mangled{file, n, text, want})
	}
}

// Range are lines of one file, both ends included.
type Range struct {
	File        string
	First, Last int
}

// String is such as `a.log 17-19`.
func (r Range) String() string {
	if r.First == r.Last {
		return fmt.Sprintf("%s %d", r.File, r.First)
	}
	return fmt.Sprintf("%s %d-%d", r.File, r.First, r.Last)
}

// Balance is what the books say in the end.
type Balance struct {
	Written int
	// Lost, Duplicate and Mangled count lines; Foreign counts texts that nobody wrote.
	Lost, Duplicate, Mangled, Foreign int
	LostRanges, DuplicateRanges       []Range
	MangledSamples                    []Mangled
	ForeignSamples                    []string
}

// Clean says that every line was found once, as it was written, and nothing else.
func (b Balance) Clean() bool {
	return b.Lost == 0 && b.Duplicate == 0 && b.Mangled == 0 && b.Foreign == 0
}

// String is one line of figures.
func (b Balance) String() string {
	text := fmt.Sprintf("%d written: %d lost, %d duplicate, %d mangled", b.Written, b.Lost, b.Duplicate, b.Mangled)
	if b.Foreign > 0 {
		text += fmt.Sprintf(", %d that nobody wrote", b.Foreign)
	}
	return text
}

// Balance closes the books.
func (l *Ledger) Balance() Balance {
	b := Balance{Mangled: len(l.mangled), Foreign: len(l.foreign)}
	for _, file := range slices.Sorted(maps.Keys(l.files)) {
		b.Written += len(l.files[file])
		lost := ranges(file, l.files[file], func(times uint8) bool { return times == 0 })
		twice := ranges(file, l.files[file], func(times uint8) bool { return times > 1 })
		b.Lost += size(lost)
		b.Duplicate += size(twice)
		b.LostRanges = append(b.LostRanges, lost...)
		b.DuplicateRanges = append(b.DuplicateRanges, twice...)
	}
	for _, m := range l.mangled[:min(keep, len(l.mangled))] {
		m.Got, m.Want = short(m.Got), short(m.Want)
		b.MangledSamples = append(b.MangledSamples, m)
	}
	for _, text := range l.foreign[:min(keep, len(l.foreign))] {
		b.ForeignSamples = append(b.ForeignSamples, short(text))
	}
	return b
}

func short(text string) string {
	if len(text) > excerpt {
		text = strings.ToValidUTF8(text[:excerpt], "") + "…"
	}
	return text
}

// ranges are the lines of a file of which bad is true, neighbours together.
func ranges(file string, times []uint8, bad func(uint8) bool) []Range {
	var out []Range
	for n, t := range times {
		if !bad(t) {
			continue
		}
		if last := len(out) - 1; last >= 0 && out[last].Last == n-1 {
			out[last].Last = n
		} else {
			out = append(out, Range{file, n, n})
		}
	}
	return out
}

func size(all []Range) int {
	n := 0
	for _, r := range all {
		n += r.Last - r.First + 1
	}
	return n
}

// Within says which of the ranges a line lies in.
func Within(all []Range, file string, n int) (Range, bool) {
	i, found := slices.BinarySearchFunc(all, Range{file, n, n}, func(r, line Range) int {
		switch {
		case r.File != line.File:
			return strings.Compare(r.File, line.File)
		case r.Last < line.First:
			return -1
		case r.First > line.First:
			return 1
		}
		return 0
	})
	if !found {
		return Range{}, false
	}
	return all[i], true
}
