package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/millrace/millrace/test/chaos/ledger"
)

// report is what came of a run.
type report struct {
	options
	balance ledger.Balance
	struck  []struck
	began   time.Time
	took    time.Duration
	probes  *prober
	memory  []memory
	tops    map[string]int64 // memory of each program at its most, in bytes
	ends    []string         // programs that ended by themselves
	dead    []string         // servers that do not run
	counts  []string         // hosts of which the table counts another number of lines
	letters []string
	places  map[ledger.Range]map[string]int
	disks   bool
}

// clean says whether the promise was kept: every line is there once, no program
// ended by itself, and everything that was struck could be.
func (r *report) clean() bool {
	failed := slices.ContainsFunc(r.struck, func(s struck) bool { return s.err != nil })
	return r.balance.Clean() && len(r.counts) == 0 && len(r.ends) == 0 && len(r.dead) == 0 && len(r.letters) == 0 && !failed
}

func (r *report) print(out io.Writer) {
	slices.SortFunc(r.struck, func(a, b struck) int { return a.from.Compare(b.from) })
	fmt.Fprintf(out, "\nseed %d: %s\n", r.Seed, r.balance)
	r.printFaults(out)
	r.printWrong(out)
	r.printMemory(out)
}

// printFaults writes what each fault did to the delay of the lines written meanwhile.
func (r *report) printFaults(out io.Writer) {
	fmt.Fprintf(out, "\n| fault | at | for | longest delay |\n|---|---|---|---|\n")
	for _, s := range r.struck {
		text := s.String()
		if s.err != nil {
			text += ": " + s.err.Error()
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", text, seconds(s.from.Sub(r.began)), seconds(s.to.Sub(s.from)),
			seconds(share(r.probes.delays(s.from.Add(-probeEvery), s.to.Add(probeEvery)), 1)))
	}
	all := r.delays()
	fmt.Fprintf(out, "\nwritten → found, %d probes: median %s, 99 %% %s, longest %s\n", len(all), seconds(share(all, .5)), seconds(share(all, .99)), seconds(share(all, 1)))
	if !r.disks {
		fmt.Fprintln(out, "SKIPPED: full disks, because only root can mount small ones")
	}
}

func (r *report) delays() []time.Duration { return r.probes.delays(r.began, r.began.Add(r.took)) }

// printWrong writes everything that should not be.
func (r *report) printWrong(out io.Writer) {
	const most = 30
	list := func(title string, texts []string) {
		if len(texts) == 0 {
			return
		}
		fmt.Fprintf(out, "\n%s\n", title)
		for _, text := range texts[:min(most, len(texts))] {
			fmt.Fprintf(out, "  %s\n", text)
		}
		if len(texts) > most {
			fmt.Fprintf(out, "  and %d more\n", len(texts)-most)
		}
	}
	var lost, twice, mangled []string
	for _, g := range r.balance.LostRanges {
		lost = append(lost, fmt.Sprintf("%s: %s", g, told(r.places[g])))
	}
	for _, g := range r.balance.DuplicateRanges {
		twice = append(twice, g.String())
	}
	for _, m := range r.balance.MangledSamples {
		mangled = append(mangled, fmt.Sprintf("%s %d\n    got  %q\n    want %q", m.File, m.N, m.Got, m.Want))
	}
	list("LOST (file lines: where they were last)", lost)
	list("DUPLICATE", twice)
	list("MANGLED", mangled)
	list("NOBODY WROTE", r.balance.ForeignSamples)
	list("MISCOUNTED IN THE HOST TABLE", r.counts)
	list("DEAD LETTERS", r.letters)
	list("ENDED BY THEMSELVES", r.ends)
	list("SERVERS THAT DO NOT RUN", r.dead)
}

func (r *report) printMemory(out io.Writer) {
	fmt.Fprintf(out, "\nmemory at its most:")
	for _, name := range slices.Sorted(maps.Keys(r.tops)) {
		fmt.Fprintf(out, " %s %d MB", name, r.tops[name]>>20)
	}
	fmt.Fprintln(out)
	for _, s := range r.struck {
		if r.outage.For > 0 && s.For > 0 {
			before, during, after := most(r.memory, r.began, s.from), most(r.memory, s.from, s.to), most(r.memory, s.to, r.began.Add(r.took))
			fmt.Fprintf(out, "\n| MB | before | during | after |\n|---|---|---|---|\n")
			for _, role := range []struct {
				name string
				of   func(memory) int64
			}{
				{"agent", func(m memory) int64 { return m.agent }},
				{"processor", func(m memory) int64 { return m.processor }},
				{"indexer", func(m memory) int64 { return m.indexer }},
			} {
				fmt.Fprintf(out, "| %s | %d | %d | %d |\n", role.name, role.of(before)>>20, role.of(during)>>20, role.of(after)>>20)
			}
		}
	}
}

// rowHead is the head of the table of runs in docs/reliability.md.
const rowHead = "| seed | lines | faults | lost | duplicate | mangled | ended by themselves | delay: median | longest | took |\n|---|---|---|---|---|---|---|---|---|---|"

// row is the run as one row of it.
func (r *report) row() string {
	all := r.delays()
	return fmt.Sprintf("| %d | %d | %d | %d | %d | %d | %d | %s | %s | %s |", r.Seed, r.balance.Written, len(r.struck), r.balance.Lost, r.balance.Duplicate,
		r.balance.Mangled, len(r.ends), seconds(share(all, .5)), seconds(share(all, 1)), seconds(r.took))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
