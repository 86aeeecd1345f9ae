package volume

import (
	"context"
	"sync"
)

// visits are the searches that run. Close does not wait for them to find everything: who removes a day holds up all
// writing meanwhile.
type visits struct {
	mu      sync.Mutex
	ended   bool
	running map[int]context.CancelCauseFunc
	last    int
	wait    sync.WaitGroup
}

// enter begins a search. Its context ends with the cause ErrClosed when the volume closes; leave must be called.
func (f *File) enter(ctx context.Context) (_ context.Context, leave func(), err error) {
	v := &f.visits
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ended {
		return nil, nil, ErrClosed
	}
	ctx, cancel := context.WithCancelCause(ctx)
	if v.running == nil {
		v.running = make(map[int]context.CancelCauseFunc)
	}
	v.last++
	id := v.last
	v.running[id] = cancel
	v.wait.Add(1)
	return ctx, func() { v.leave(id) }, nil
}

func (v *visits) leave(id int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.running[id](context.Canceled)
	delete(v.running, id)
	v.wait.Done()
}

// end lets nobody in any more, and returns when all have left. It says whether this is the first call.
func (v *visits) end() bool {
	v.mu.Lock()
	first := !v.ended
	v.ended = true
	for _, cancel := range v.running {
		cancel(ErrClosed)
	}
	v.mu.Unlock()
	v.wait.Wait()
	return first
}
