package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// each opens the files, one after the other; standard input when there are none.
func each(ctx context.Context, paths []string, read func(io.Reader) error) error {
	if len(paths) == 0 {
		in := interruptible(ctx, os.Stdin)
		return errors.Join(read(in), in.Close())
	}
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(read(file), file.Close()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// interruptible ends where in does, or when ctx ends: a read of a terminal waits for a
// line, and Ctrl-C would wait with it. What came until then is read.
func interruptible(ctx context.Context, in io.Reader) io.ReadCloser {
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { _ = w.Close() }) // it never fails
	go func() {                                      // ends with in, once r is closed, or with the process
		_, err := io.Copy(w, in)
		_ = w.CloseWithError(err) // likewise
	}()
	return r
}
