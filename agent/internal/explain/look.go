package explain

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/schemas/status"
)

// headBytes is how much of a file is looked at.
const headBytes = 8

// Look looks at what lies at a path, as far as it is allowed. The key is that of the
// file, where there is one. Packed tells from its first bytes whether it is compressed.
func Look(allow find.Allow, path string, packed func(head []byte) bool) (Disk, source.Key) {
	d := Disk{Covered: allow.Covers(path), Real: path}
	if !d.Covered {
		return d, source.Key{}
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		d.Err = err
		return d, source.Key{}
	}
	if !allow.Covers(real) {
		d.Covered = false
		return d, source.Key{}
	}
	d.Real = real
	info, err := source.StatPath(real)
	d.Size, d.Written = info.Size, time.Unix(0, info.Mtime)
	if err != nil || !info.Regular {
		d.Err = err
		if err == nil {
			d.Err = find.NotRegular(real, info.Mode)
		}
		return d, info.Key
	}
	o, err := allow.OpenReal(real)
	if err != nil {
		d.Err = err
		return d, info.Key
	}
	defer o.File.Close()
	var head [headBytes]byte
	n, _ := o.File.ReadAt(head[:], 0) // a file may be shorter
	d.Packed = packed(head[:n])
	return d, info.Key
}

// verdictOf sorts the errors of opening and reading.
func verdictOf(err error) status.Verdict {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return status.NoFile
	case errors.Is(err, fs.ErrPermission):
		return status.NoPermission
	case errors.Is(err, find.ErrNotAllowed):
		return status.NotAllowed
	case errors.Is(err, find.ErrNotRegular):
		return status.NotRegular
	}
	return status.Unreadable
}
