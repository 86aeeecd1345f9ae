// Package aside moves files and folders out of the way that are not what they should be, so that a server can start
// without them and nobody loses anything: nothing is deleted or written over. It keeps nothing.
package aside

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Move gives a file or folder the name path.why, or path.why-2 and so on where that is taken, and returns the new name.
// Two processes must not move the same path at once.
func Move(path, why string) (string, error) {
	name := path + "." + why
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name, os.Rename(path, name)
		} else if err != nil {
			return "", err
		}
		name = fmt.Sprintf("%s.%s-%d", path, why, n)
	}
}
