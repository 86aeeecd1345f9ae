package search

import (
	"errors"
	"slices"

	"github.com/millrace/millrace/internal/standalone/search/volume"
)

// lost is a volume that did not open. Its file stays as it is, and nothing takes its name.
type lost struct {
	number int
	reason error
}

// daily is what there is of one day.
type daily struct {
	files []*volume.File
	lost  []lost
}

// between returns the days from lo to hi in milliseconds that have volumes, in the order of time.
func (s *Store) between(lo, hi int64, descending bool) []daily {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var days []int64
	for day := range s.days {
		days = append(days, day)
	}
	for day := range s.lost {
		if s.days[day] == nil {
			days = append(days, day)
		}
	}
	days = slices.DeleteFunc(days, func(day int64) bool { return day < volume.DayOf(lo) || day > volume.DayOf(hi-1) })
	slices.Sort(days)
	if descending {
		slices.Reverse(days)
	}
	all := make([]daily, len(days))
	for i, day := range days {
		all[i] = daily{slices.Clone(s.days[day]), s.lost[day]}
	}
	return all
}

// lose keeps in mind that a volume did not open, and says so.
func (s *Store) lose(day int64, number int, reason error) {
	s.lost[day] = append(s.lost[day], lost{number, reason})
	s.metrics.damaged.Inc()
	s.opts.Logger.Error("events of a day cannot be searched; new ones go to another file. Repair the file, or move it away, and start again",
		"file", volume.Name(day, number), "error", reason)
}

// flawed says whether a volume is damaged, which is told once. It is not written to any more.
func (s *Store) flawed(f *volume.File) bool {
	err := f.Flaw()
	if err == nil {
		return false
	}
	if _, told := s.told.LoadOrStore(f.Path(), true); !told {
		s.metrics.damaged.Inc()
		s.opts.Logger.Error("a file of events is damaged; searches show what of it can be read, and new events go to another file", "error", err)
	}
	return true
}

// sound are the volumes that can be written to.
func (s *Store) sound(files []*volume.File) []*volume.File {
	if !slices.ContainsFunc(files, s.flawed) {
		return files
	}
	return slices.DeleteFunc(slices.Clone(files), s.flawed)
}

// free is the first number of a day behind those in use.
func (s *Store) free(day int64) int {
	next := 0
	for _, f := range s.days[day] {
		next = max(next, f.Number+1)
	}
	for _, l := range s.lost[day] {
		next = max(next, l.number+1)
	}
	return next
}

// reasons are why documents may be missing from an answer.
type reasons []error

func (r *reasons) add(err error) {
	if err != nil {
		*r = append(*r, err)
	}
}

// failures are reasons as Elasticsearch tells of shards that failed.
func (r reasons) failures() []map[string]any {
	list := make([]map[string]any, len(r))
	for i, err := range r {
		list[i] = map[string]any{"shard": i, "index": "", "node": "millrace", "reason": map[string]any{"type": "corrupt_index_exception", "reason": err.Error()}}
	}
	return list
}

// isUnreadable says whether an error is about one volume, so that the rest can go on without it.
func isUnreadable(err error) bool { return errors.Is(err, volume.ErrUnreadable) }
