package e2e

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// lines is how many lines the larger tests write.
func lines(def int) int {
	if n, err := strconv.Atoi(os.Getenv("MILLRACE_E2E_LINES")); err == nil && n > 0 {
		return n
	}
	return def
}

// accessLog writes numbered nginx lines to a file that it can rotate.
type accessLog struct {
	t    *testing.T
	path string
	file *os.File
	n    int
	turn int
}

func newAccessLog(t *testing.T, path string) *accessLog {
	t.Helper()
	l := &accessLog{t: t, path: path}
	l.open()
	t.Cleanup(func() { _ = l.file.Close() })
	return l
}

func (l *accessLog) open() {
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		l.t.Fatal(err)
	}
	l.file = file
}

// write appends n lines.
func (l *accessLog) write(n int) {
	l.t.Helper()
	var b bytes.Buffer
	now := time.Now()
	for range n {
		fmt.Fprintf(&b, "203.0.113.%d - - [%s] \"GET /item/%d?q=1 HTTP/1.1\" %d %d \"https://example.org/\" \"Mozilla/5.0 (X11; Linux x86_64) e2e/1.0\"\n",
			l.n%250+1, now.Format("02/Jan/2006:15:04:05 -0700"), l.n, 200+l.n%3*100, l.n%9000)
		l.n++
	}
	if _, err := l.file.Write(b.Bytes()); err != nil {
		l.t.Fatal(err)
	}
}

// rotate renames the file as logrotate does and goes on in a new one.
func (l *accessLog) rotate() {
	l.t.Helper()
	l.turn++
	if err := os.Rename(l.path, fmt.Sprintf("%s.%d", l.path, l.turn)); err != nil {
		l.t.Fatal(err)
	}
	_ = l.file.Close()
	l.open()
}

// truncate empties the file in place.
func (l *accessLog) truncate() {
	l.t.Helper()
	if err := l.file.Truncate(0); err != nil {
		l.t.Fatal(err)
	}
}

// checkOnce fails unless each of the numbered lines is among the hits once.
func checkOnce(t *testing.T, hits []hit, n int) {
	t.Helper()
	seen := make([]int, n)
	ids := map[string]bool{}
	for _, h := range hits {
		if ids[h.ID] {
			t.Fatalf("event id %s twice", h.ID)
		}
		ids[h.ID] = true
		original, _ := h.field("url.original").(string)
		number, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(original, "/item/"), "?q=1"))
		if err != nil || number >= n {
			t.Fatalf("a line that nobody wrote: %v", h.Event)
		}
		seen[number]++
	}
	for number, times := range seen {
		if times != 1 {
			t.Fatalf("line %d is there %d times", number, times)
		}
	}
}
