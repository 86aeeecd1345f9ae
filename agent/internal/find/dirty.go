package find

import "sync"

// dirtyMost bounds the paths that wait in a Dirty; of more a scan tells.
const dirtyMost = 1 << 16

// Dirty are the paths of files that were written to since somebody last took
// them. Each is in it once, however often it was written to. It may be used by
// several goroutines.
type Dirty struct {
	wake chan struct{}

	mu    sync.Mutex
	paths map[string]struct{}
	spare map[string]struct{}
}

func newDirty() *Dirty {
	return &Dirty{wake: make(chan struct{}, 1), paths: map[string]struct{}{}, spare: map[string]struct{}{}}
}

// Wake is told when there is a path where there was none.
func (d *Dirty) Wake() <-chan struct{} { return d.wake }

func (d *Dirty) add(path string) {
	d.mu.Lock()
	first := len(d.paths) == 0
	if len(d.paths) < dirtyMost {
		d.paths[path] = struct{}{}
	}
	d.mu.Unlock()
	if first {
		select {
		case d.wake <- struct{}{}:
		default: // it was told already and has not looked yet
		}
	}
}

// Take empties it and calls each with every path that was in it.
func (d *Dirty) Take(each func(path string)) {
	d.mu.Lock()
	paths := d.paths
	d.paths, d.spare = d.spare, nil
	d.mu.Unlock()
	for path := range paths {
		each(path)
	}
	clear(paths)
	d.mu.Lock()
	d.spare = paths
	d.mu.Unlock()
}
