package etcdd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// firstStart is a file that is there from before the first start until the server has
// served. etcd that is killed between making its log and writing to it never elects a
// leader again: what such a start left behind is removed, since nobody has used it.
const firstStart = "first-start"

// begin makes the folder ready for a start.
func begin(dir string) error {
	mark, member := filepath.Join(dir, firstStart), filepath.Join(dir, "member")
	_, unserved := os.Lstat(mark)
	_, made := os.Lstat(member)
	switch {
	case unserved == nil:
		return os.RemoveAll(member)
	case errors.Is(made, fs.ErrNotExist):
		return errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(mark, nil, 0o600))
	}
	return nil
}

// served notes that the data is to be kept from now on, for good.
func served(dir string) error {
	if err := os.Remove(filepath.Join(dir, firstStart)); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("etcdd: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("etcdd: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
