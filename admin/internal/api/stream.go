package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/millrace/millrace/admin/internal/live"
	"github.com/millrace/millrace/internal/problem"
)

const (
	// statusEvery is how often a tail says how it fares.
	statusEvery = time.Second
	// A write of n lines is followed by a pause of n*paceLine, but at least paceLeast:
	// more than 2,000 lines a second nobody reads, and rendering them stalls browsers.
	paceLine  = 500 * time.Microsecond
	paceLeast = 50 * time.Millisecond
	// writeTimeout is how long a browser may take nothing before it counts as gone.
	writeTimeout = 30 * time.Second
)

// stream writes a tail as server-sent events. It lives as long as its request.
type stream struct {
	out  io.Writer
	tail *live.Tail
	err  error // of the first write that failed

	spare   []byte
	last    live.Update
	told    uint64 // matched at the last status
	toldAt  time.Time
	trouble error // that was told last
}

// run writes until the client goes, which ends ctx, or the tail ends.
func (s *stream) run(ctx context.Context) {
	s.write([]byte(": lines follow\n\n")) // the headers go out with it
	defer s.release()
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	pace := time.NewTimer(0)
	defer pace.Stop()
	paced := true
	s.toldAt = time.Now()
	for s.err == nil && !s.last.Ended {
		wake := s.tail.Wake()
		if paced {
			wake = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
			paced = false
		case <-wake:
			pace.Reset(s.hits())
			paced = true
		case now := <-tick.C:
			s.status(now)
		}
	}
	if s.err == nil {
		s.event("error", problem.New(http.StatusServiceUnavailable, live.ErrEnded.Error()))
	}
}

// hits writes what has come, and returns how long to wait before the next.
func (s *stream) hits() time.Duration {
	u := s.tail.Take(s.spare)
	s.spare = u.Hits
	began := u.Reading && !s.last.Reading
	s.last = u
	s.write(u.Hits)
	if u.Trouble != nil && s.trouble == nil {
		s.event("error", problem.New(http.StatusServiceUnavailable, "lines may be missing, the app topics cannot be read: "+u.Trouble.Error()))
	}
	s.trouble = u.Trouble
	if began {
		s.status(time.Now())
	}
	return max(paceLeast, time.Duration(u.Lines)*paceLine)
}

// status writes how the tail fares; before it reads, only that the server lives.
func (s *stream) status(now time.Time) {
	if !s.last.Reading {
		s.write([]byte(": not yet\n\n"))
		return
	}
	status := TailStatus{Matched: s.last.Matched, Skipped: s.last.Skipped}
	if spent := now.Sub(s.toldAt).Seconds(); spent > 0 {
		status.Rate = float64(status.Matched-s.told) / spent
	}
	s.told, s.toldAt = status.Matched, now
	s.event("status", status)
}

func (s *stream) event(name string, data any) {
	b, err := live.AppendEvent(nil, name, data)
	if err != nil {
		s.err = err
		return
	}
	s.write(b)
}

// write sends at once. The first error is kept and ends the stream.
func (s *stream) write(b []byte) {
	if s.err != nil || len(b) == 0 {
		return
	}
	if w, ok := s.out.(http.ResponseWriter); ok {
		c := http.NewResponseController(w)
		_ = c.SetWriteDeadline(time.Now().Add(writeTimeout)) // a writer without deadlines does without
		if _, s.err = w.Write(b); s.err == nil {
			s.err = c.Flush()
		}
		return
	}
	_, s.err = s.out.Write(b)
}

// release gives the connection back without a deadline, for the next request on it.
func (s *stream) release() {
	if w, ok := s.out.(http.ResponseWriter); ok {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // as in write
	}
}
