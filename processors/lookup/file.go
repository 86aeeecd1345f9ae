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

// changed reads a file if it is not as it was at last. A file that cannot be read stays unread until it changes.
func changed(path string, last *stamp) (data []byte, fresh bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		if *last == (stamp{size: -1}) {
			return nil, false, nil // told already
		}
		*last = stamp{size: -1}
		return nil, false, err
	}
	now := stamp{info.ModTime(), info.Size()}
	if now == *last {
		return nil, false, nil
	}
	*last = now
	if info.Size() > maxFile {
		return nil, false, fmt.Errorf("%s has %d bytes; at most %d are read", path, info.Size(), maxFile)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	var text bytes.Buffer
	text.Grow(int(now.size) + bytes.MinRead) // io.ReadAll would need twice as much
	_, err = text.ReadFrom(io.LimitReader(file, maxFile))
	return text.Bytes(), err == nil, err
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
