package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"time"
)

// appendLine appends an nginx line of about 200 bytes, as a busy shop writes it.
func appendLine(dst []byte, n int, now time.Time) []byte {
	dst = fmt.Appendf(dst, "203.0.%d.%d - - [", n%250, n%249+1)
	dst = now.AppendFormat(dst, "02/Jan/2006:15:04:05 -0700")
	return fmt.Appendf(dst, "] \"GET /catalog/item/%d?ref=%d HTTP/1.1\" %d %d \"https://shop.example.org/catalog\" \"%s\"\n",
		n, n%97, statuses[n%len(statuses)], 200+n%9000, agents[n%len(agents)])
}

var (
	statuses = []int{200, 200, 200, 200, 200, 304, 301, 404, 200, 500}
	agents   = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0",
		"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/15E148",
	}
)

// appender appends the nth line of a shape, with its line feed.
type appender func(dst []byte, n int, now time.Time) []byte

// writeLines writes n nginx lines to a new file.
func writeLines(path string, n int) error { return writeFile(path, n, appendLine) }

// writeFile writes n lines to a new file.
func writeFile(path string, n int, line appender) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
	}()
	w := bufio.NewWriterSize(file, 1<<20)
	if err := fill(w, n, line); err != nil {
		return err
	}
	return w.Flush()
}

func fill(w io.Writer, n int, line appender) error {
	var text []byte
	now := time.Now()
	for i := range n {
		text = line(text[:0], i, now)
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return nil
}
