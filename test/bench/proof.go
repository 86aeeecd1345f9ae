package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/millrace/millrace/schemas/record"
)

// tally knows which numbered lines have arrived, and under which event ids.
type tally struct {
	arrived  []bool
	distinct int
	repeated int // event ids that came again
	ids      map[record.EventID]struct{}
	walker   record.Walker
}

func newTally(lines int) *tally {
	return &tally{arrived: make([]bool, lines), ids: make(map[record.EventID]struct{}, lines)}
}

// add counts the events of a record. Each line begins with its number.
func (t *tally) add(m *record.Manifest, value []byte) error {
	var raw record.Raw
	t.walker.Reset(m, value)
	for t.walker.Next(&raw) {
		seg := &m.Segments[raw.Segment]
		id := record.NewEventID(seg.Src, seg.Gen, raw.Off, raw.Bytes)
		if _, twice := t.ids[id]; twice {
			t.repeated++
			continue
		}
		t.ids[id] = struct{}{}
		var n int
		if _, err := fmt.Sscanf(string(raw.Bytes[:min(12, len(raw.Bytes))]), "%d", &n); err != nil || n >= len(t.arrived) {
			return fmt.Errorf("a foreign line arrived: %.60q", raw.Bytes)
		}
		if !t.arrived[n] {
			t.arrived[n] = true
			t.distinct++
		}
	}
	return nil
}

const (
	busyRate    = 20_000 // lines a second
	busySeconds = 60
	rotateEvery = 10 // seconds
	lateLines   = 50 // written to the old file after each rename
)

// rotation writes a busy log for a minute and rotates it all the time: once by
// renaming, with a glob that matches the rotated names and lines that still go to the
// old file, and once by copytruncate, when the agent has caught up.
func (s *stand) rotation(ctx context.Context) error {
	for _, how := range []string{"rename", "copytruncate"} {
		if err := s.rotate(ctx, how); err != nil {
			return fmt.Errorf("%s: %w", how, err)
		}
	}
	return nil
}

func (s *stand) rotate(ctx context.Context, how string) (err error) {
	h, err := s.newHost(ctx, "app.log*")
	if err != nil {
		return err
	}
	w := &busy{path: filepath.Join(h.logs, "app.log")}
	if err := w.open(); err != nil {
		return err
	}
	seen := newTally(busyRate*busySeconds + 2*lateLines*busySeconds)
	r, err := h.read(ctx, seen.add)
	if err != nil {
		return err
	}
	defer r.close()
	p, err := h.agent(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	caughtUp := func() error {
		return r.await(ctx, stageMost, func() bool { return seen.distinct >= w.n })
	}
	for part := range busySeconds / rotateEvery {
		if err := w.write(ctx, busyRate, rotateEvery*time.Second); err != nil {
			return err
		}
		if how == "rename" {
			err = w.rename(part)
		} else if err = caughtUp(); err == nil {
			err = w.copytruncate(part)
		}
		if err != nil {
			return err
		}
	}
	if err := r.await(ctx, 2*time.Minute, func() bool { return seen.distinct >= w.n }); err != nil {
		fmt.Printf("%s: %d of %d lines arrived\n", how, seen.distinct, w.n)
		return err
	}
	if err := pause(ctx, 15*time.Second); err != nil { // a scan: what is read twice is read by then
		return err
	}
	return r.await(ctx, time.Minute, func() bool {
		fmt.Printf("%s at %d lines/s: %d lines, %d lost, %d event ids twice, %d lines under two ids\n",
			how, busyRate, w.n, w.n-seen.distinct, seen.repeated, len(seen.ids)-seen.distinct)
		return true
	})
}

// busy writes numbered lines.
type busy struct {
	path string
	file *os.File
	n    int
	buf  []byte
}

func (w *busy) open() (err error) {
	w.file, err = os.OpenFile(w.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	return err
}

func (w *busy) put(n int) error {
	w.buf = w.buf[:0]
	for range n {
		w.buf = fmt.Appendf(w.buf, "%09d ", w.n)
		w.buf = appendLine(w.buf, w.n, time.Now())
		w.n++
	}
	_, err := w.file.Write(w.buf)
	return err
}

// write writes at a pace.
func (w *busy) write(ctx context.Context, rate int, most time.Duration) error {
	const step = 10 * time.Millisecond
	total := int(float64(rate) * most.Seconds())
	for began, done := time.Now(), 0; done < total; {
		due := min(total, int(time.Since(began).Seconds()*float64(rate)))
		if err := w.put(due - done); err != nil {
			return err
		}
		done = due
		if err := pause(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// rename rotates as logrotate does, while the writer still has the old file.
func (w *busy) rename(part int) error {
	if err := os.Rename(w.path, fmt.Sprintf("%s.%d", w.path, part)); err != nil {
		return err
	}
	if err := w.put(lateLines); err != nil {
		return err
	}
	old := w.file
	if err := w.open(); err != nil {
		return err
	}
	late := &busy{file: old, n: w.n} // lines to both files at once
	if err := late.put(lateLines); err != nil {
		return err
	}
	w.n = late.n
	return old.Close()
}

func (w *busy) copytruncate(part int) (err error) {
	from, err := os.Open(w.path)
	if err != nil {
		return err
	}
	to, err := os.Create(fmt.Sprintf("%s.%d", w.path, part))
	if err != nil {
		return errors.Join(err, from.Close())
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close(), from.Close(), os.Truncate(w.path, 0))
}

// killings is how often the agent is killed.
const killings = 10

// kill ends the agent with SIGKILL at random moments while it ships a file, and
// compares every byte that arrived with the file.
func (s *stand) kill(ctx context.Context) (err error) {
	h, err := s.newHost(ctx, "*.log")
	if err != nil {
		return err
	}
	path := filepath.Join(h.logs, "app.log")
	if err := writeLines(path, s.o.Lines); err != nil {
		return err
	}
	m, err := newMirror(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.file.Close()) }()
	r, err := h.read(ctx, m.add)
	if err != nil {
		return err
	}
	defer r.close()
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 1))
	for i := range killings {
		p, err := h.agent(ctx)
		if err != nil {
			return err
		}
		// It is killed at a random moment after it has begun to ship more.
		goal := m.size / (killings + 1) * int64(i+1)
		if err := r.await(ctx, stageMost, func() bool { return m.covered > goal-m.size/(killings+1) }); err != nil {
			return err
		}
		if err := pause(ctx, time.Duration(rnd.Int64N(int64(300*time.Millisecond)))); err != nil {
			return err
		}
		if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
			return err
		}
		_ = p.cmd.Wait() // "signal: killed" is what was asked for
	}
	p, err := h.agent(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if err := r.await(ctx, stageMost, func() bool { return m.covered == m.size && m.seamless() }); err != nil {
		return fmt.Errorf("%d of %d bytes: %w", m.covered, m.size, err)
	}
	return r.await(ctx, time.Minute, func() bool {
		fmt.Printf("killed %d times over %d lines (seed %d): %d of %d bytes rebuilt exactly, %d records came again, %d lost\n",
			killings, s.o.Lines, seed, m.covered, m.size, m.again, m.size-m.covered)
		return true
	})
}

// mirror checks that ranges of a file arrive, with its bytes.
type mirror struct {
	file    *os.File
	size    int64
	ranges  map[uint64]uint64 // length by offset
	covered int64
	again   int
	buf     []byte
}

func newMirror(path string) (*mirror, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &mirror{file: f, size: info.Size(), ranges: map[uint64]uint64{}}, nil
}

// seamless reports whether the ranges meet from the first byte to the last.
func (m *mirror) seamless() bool {
	off := uint64(0)
	for off < uint64(m.size) && m.ranges[off] > 0 {
		off += m.ranges[off]
	}
	return off == uint64(m.size)
}

func (m *mirror) add(man *record.Manifest, value []byte) error {
	for i := range man.Segments {
		seg := &man.Segments[i]
		b := value[:seg.ValueLen()]
		value = value[len(b):]
		if old, twice := m.ranges[seg.Off]; twice {
			if m.again++; old != seg.Len {
				return fmt.Errorf("the range at %d came with %d and %d bytes", seg.Off, old, seg.Len)
			}
			continue
		}
		m.ranges[seg.Off] = seg.Len
		m.buf = append(m.buf[:0], b...)
		if _, err := m.file.ReadAt(m.buf, int64(seg.Off)); err != nil || !bytes.Equal(m.buf, b) {
			return fmt.Errorf("the bytes at %d are not those of the file: %w", seg.Off, err)
		}
		m.covered += int64(seg.Len)
	}
	return nil
}
