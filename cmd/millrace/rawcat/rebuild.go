package rawcat

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/millrace/millrace/schemas/record"
)

// maxOpen bounds the files held open; the oldest is closed for a new one.
const maxOpen = 200

// rebuilder writes each generation of each source to a file of its own, every
// byte at its offset. A record that was delivered twice writes the same bytes
// to the same place.
type rebuilder struct {
	dir   string
	out   io.Writer
	names map[string]string // the file of a generation, under its first path
	files map[string]*os.File
	order []string
	missing,
	bytes uint64
}

func (r *rebuilder) take(m *record.Manifest, s *record.Segment, body []byte) error {
	name := r.name(m, s)
	if s.Kind != record.Bytes {
		r.missing += s.Len
		_, err := fmt.Fprintf(r.out, "%s: %d bytes at %d are not in the topic: %s %s\n", name, s.Len, s.Off, s.Kind, s.Reason)
		return err
	}
	file, err := r.open(name)
	if isOdd(err) {
		r.missing += s.Len
		_, err := fmt.Fprintf(r.out, "%s: %d bytes at %d have no place: %v\n", name, s.Len, s.Off, err)
		return err
	}
	if err != nil {
		return err
	}
	r.bytes += uint64(len(body))
	_, err = file.WriteAt(body, int64(s.Off))
	return err
}

// isOdd tells a name that cannot be from a folder that cannot be written to.
func isOdd(err error) bool {
	return errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.ENAMETOOLONG) || errors.Is(err, syscall.EINVAL)
}

// name is the file of a generation: a file that was renamed in between stays
// under the path of its first segment.
func (r *rebuilder) name(m *record.Manifest, s *record.Segment) string {
	key := fmt.Sprintf("%s.%08x", s.Src, uint32(s.Gen))
	if r.names == nil {
		r.names = map[string]string{}
	}
	if r.names[key] == "" {
		r.names[key] = fileName(m, s)
	}
	return r.names[key]
}

func (r *rebuilder) open(name string) (*os.File, error) {
	if file, ok := r.files[name]; ok {
		return file, nil
	}
	if len(r.order) >= maxOpen {
		if err := r.files[r.order[0]].Close(); err != nil {
			return nil, err
		}
		delete(r.files, r.order[0])
		r.order = r.order[1:]
	}
	full := filepath.Join(r.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(full, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	r.files[name] = file
	r.order = append(r.order, name)
	return file, nil
}

// close prints what was rebuilt, by name.
func (r *rebuilder) close() error {
	var errs []error
	for _, file := range r.files {
		errs = append(errs, file.Close())
	}
	names := make([]string, 0, len(r.names))
	for _, name := range r.names {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare)
	for _, name := range names {
		if info, err := os.Stat(filepath.Join(r.dir, name)); err == nil {
			fmt.Fprintf(r.out, "%12d  %s\n", info.Size(), name)
		}
	}
	_, err := fmt.Fprintf(r.out, "%d files, %d bytes, %d bytes missing\n", len(names), r.bytes, r.missing)
	return errors.Join(append(errs, err)...)
}
