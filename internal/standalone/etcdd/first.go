package etcdd

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/millrace/millrace/internal/standalone/aside"
)

// firstStart is a file that is there from before the first start until the server has
// served. etcd that is killed between making its log and writing to it never elects a
// leader again: what such a start left behind is put aside. It is not deleted, since
// somebody may have put the data of another server there meanwhile.
const firstStart = "first-start"

// begin makes the folder ready for a start.
func begin(dir string, log *slog.Logger) error {
	mark, member := filepath.Join(dir, firstStart), filepath.Join(dir, "member")
	_, unserved := os.Lstat(mark)
	_, made := os.Lstat(member)
	switch {
	case made == nil && unserved == nil:
		moved, err := aside.Move(member, "unfinished")
		if err != nil {
			return err
		}
		log.Warn("the first start of etcd did not end: it begins anew. What the folder held is kept aside; remove it unless you put data there",
			"kept", moved, "because", mark)
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
