package lookup

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/millrace/millrace/processors/pipeline/table"
)

// maxFile bounds a file that is read into memory.
const maxFile = 1 << 30

// stamp tells whether a file has changed.
type stamp struct {
	at   time.Time
	size int64
}

// unread is the stamp of a file that could not be read.
var unread = stamp{size: -1}

// changed reads a file if it is not as it was at last. What keeps it from being read is
// told once, and tried again: it need not be in the file.
func changed(path string, last *stamp) (data []byte, fresh bool, err error) {
	info, err := os.Stat(path)
	if err == nil {
		now := stamp{info.ModTime(), info.Size()}
		if now == *last {
			return nil, false, nil
		}
		if data, err = read(path, info); err == nil {
			*last = now
			return data, true, nil
		}
	}
	if *last == unread {
		return nil, false, nil // told already
	}
	*last = unread
	return nil, false, err
}

func read(path string, info os.FileInfo) ([]byte, error) {
	if !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s has %d bytes; at most %d are read", path, info.Size(), maxFile)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var text bytes.Buffer
	text.Grow(int(info.Size()) + bytes.MinRead) // io.ReadAll would need twice as much
	_, err = text.ReadFrom(io.LimitReader(file, maxFile))
	return text.Bytes(), err
}

// readFile returns what reads a table's file when it has changed.
func (s *slot) readFile(t Table, log *slog.Logger) func(context.Context) {
	var last stamp
	return func(context.Context) {
		data, fresh, err := changed(t.File, &last)
		if err == nil && !fresh {
			return
		}
		var read *table.Table
		if err == nil {
			if strings.EqualFold(filepath.Ext(t.File), ".json") {
				read, err = table.FromJSON(data, t.Key)
			} else {
				read, err = table.FromCSV(data, t.Key)
			}
		}
		if err != nil {
			log.Warn("a table cannot be read; the last copy stays", "file", t.File, "error", err)
			return
		}
		s.held.Store(read)
		log.Info("table read", "file", t.File, "rows", read.Len())
	}
}
