package revisions

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/millrace/millrace/schemas/revision"
)

// disk is a folder of canonical configs, each in a file named after its
// revision. The name is the hash of the content, so nothing is believed that was
// half written, and no file needs to be synced.
type disk struct {
	dir string
	log *slog.Logger
}

// read returns a config whose hash is right. A file that is damaged is removed.
func (d disk) read(id revision.ID) ([]byte, bool) {
	b, err := os.ReadFile(d.path(id))
	switch {
	case err == nil && revision.Of(b) == id:
		return b, true
	case err == nil:
		d.log.Warn("a revision on disk is damaged; etcd is asked again", "path", d.path(id))
		err = os.Remove(d.path(id))
	case errors.Is(err, fs.ErrNotExist):
		return nil, false
	}
	if err != nil {
		d.log.Warn("revision on disk", "error", err)
	}
	return nil, false
}

// write keeps a config. A folder that cannot be written costs only the benefit
// of not asking etcd again after a restart.
func (d disk) write(id revision.ID, canonical []byte) {
	if err := d.replace(id, canonical); err != nil {
		d.log.Warn("a revision could not be kept on disk", "error", err)
	}
}

func (d disk) replace(id revision.ID, canonical []byte) (err error) {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(d.dir, id.String()+".tmp*")
	if err != nil {
		return err
	}
	_, err = f.Write(canonical)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), d.path(id))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("revision %s: %w", id, err), os.Remove(f.Name()))
	}
	return nil
}

func (d disk) path(id revision.ID) string { return filepath.Join(d.dir, id.String()) }
