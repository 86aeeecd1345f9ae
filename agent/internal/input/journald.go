package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/millrace/millrace/agent/internal/input/journal"
)

const (
	// markEvery is how often the position in the journal is kept.
	markEvery = time.Second
	// readAhead is how many entries may wait to be written.
	readAhead = 64
	// endTime is how long journalctl may take to end.
	endTime = 5 * time.Second
	// maxComplaint is how much is kept of what journalctl writes to its error output.
	maxComplaint = 1 << 10
)

// serveJournald follows the journal through journalctl, from where the spool ends.
//
// The position is kept once in a while, together with a place in the spool. What stands
// in the spool behind that place has been taken already: as many entries are passed
// over. So a kill at any moment loses nothing and repeats nothing.
func (in *input) serveJournald(ctx context.Context) error {
	cursor, taken, err := in.spool.Resume()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, in.cfg.Journalctl, in.journalArgs(cursor)...) //nolint:gosec // the host's own settings name it
	cmd.WaitDelay = endTime
	complaint := &head{most: maxComplaint}
	cmd.Stderr = complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	entries := make(chan *journal.Entry, readAhead)
	var failed error
	go func() { // ends with journalctl's output, or with ctx
		defer close(entries)
		for r := journal.NewReader(out, in.cfg.MaxEventBytes); ; {
			e, err := r.Next()
			if err != nil {
				failed = err
				return
			}
			select {
			case entries <- e:
			case <-ctx.Done():
				failed = ctx.Err()
				return
			}
		}
	}()
	in.counts.listen("journal")
	err = in.takeEntries(ctx, entries, taken)
	in.counts.listen()
	stop()
	for range entries { // so that the reader ends
	}
	if werr := cmd.Wait(); err == nil {
		err = errors.Join(failed, werr)
	}
	if text := bytes.TrimSpace(complaint.text); len(text) > 0 {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return fmt.Errorf("%s: %w", in.cfg.Journalctl, err)
}

func (in *input) journalArgs(cursor string) []string {
	args := []string{"--output=export", "--follow", "--no-tail", "--quiet"}
	for _, unit := range in.cfg.Units {
		args = append(args, "--unit="+unit)
	}
	if cursor != "" {
		args = append(args, "--after-cursor="+cursor)
	}
	return args
}

// takeEntries writes entries to the spool until they end, passing over those that are
// in it already.
func (in *input) takeEntries(ctx context.Context, entries <-chan *journal.Entry, taken int) error {
	tick := time.NewTicker(markEvery)
	defer tick.Stop()
	last, marked := "", ""
	mark := func() error {
		if last == marked || taken > 0 {
			return nil
		}
		marked = last
		return in.spool.Mark(last)
	}
	for {
		select {
		case e, ok := <-entries:
			if !ok {
				return mark()
			}
			last = e.Cursor
			if taken > 0 {
				taken--
				continue
			}
			line, cut, err := e.Line(in.cfg.MaxEventBytes)
			if err == nil {
				err = in.spool.Put(ctx, line)
			}
			if err != nil {
				return err // the next run finds in the spool where to go on
			}
			if in.counts.took(1, len(line)); cut {
				in.counts.cut.Add(1)
			}
		case <-tick.C:
			if err := mark(); err != nil {
				return err
			}
		}
	}
}

// head keeps the first bytes that are written to it.
type head struct {
	most int
	text []byte
}

func (h *head) Write(b []byte) (int, error) {
	h.text = append(h.text, b[:min(len(b), h.most-len(h.text))]...)
	return len(b), nil
}
