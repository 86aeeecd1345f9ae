package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// What a release must reach.
const (
	leastRight   = 0.97 // of all rows
	leastGuessed = 0.95 // of all files
	smallFile    = 34   // files with fewer rows may have one wrong row
)

// report prints one line for each file and a total. The error says what is below the limits.
func report(w io.Writer, scores []score) error {
	var rows, right, lost, guessed int
	var short []string
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "file\tformat\trows\tright\tauto says\tsure")
	for _, s := range scores {
		note := ""
		if !s.guessed {
			note = "  ← wrong"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%s\t%.0f %%%s\n", s.name, s.format, s.rows, s.right, s.guess.Name, 100*s.guess.Confidence, note)
		rows, right, lost = rows+s.rows, right+s.right, lost+s.lost
		if s.guessed {
			guessed++
		}
		if s.rows < smallFile && s.rows-s.right > 1 {
			short = append(short, fmt.Sprintf("%s has %d wrong rows", s.name, s.rows-s.right))
		}
	}
	fmt.Fprintf(t, "total\t\t%d\t%d\t%d of %d files\t\n", rows, right, guessed, len(scores))
	if err := t.Flush(); err != nil {
		return err
	}
	for _, s := range scores {
		fmt.Fprint(w, s.shown)
	}
	if float64(right) < leastRight*float64(rows) {
		short = append(short, fmt.Sprintf("%.1f %% of all rows are right", 100*float64(right)/float64(rows)))
	}
	if float64(guessed) < leastGuessed*float64(len(scores)) {
		short = append(short, fmt.Sprintf("auto is right about %d of %d files", guessed, len(scores)))
	}
	if lost > 0 {
		short = append(short, fmt.Sprintf("%d invalid lines are not kept whole", lost))
	}
	if len(short) > 0 {
		return fmt.Errorf("below the mark: %s", strings.Join(short, "; "))
	}
	return nil
}
