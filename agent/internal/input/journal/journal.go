// Package journal reads systemd's journal in its export format and writes each entry
// as one line of JSON whose keys are names of ECS.
//
// It keeps nothing from one entry to the next and starts no goroutine. Fields that are
// longer than the bound are cut. Trusted fields of the journal (their names begin with
// an underscore) that ECS has no name for are left out; those that programs set become
// labels.
package journal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// ErrFormat is returned by Next for what is not the export format.
var ErrFormat = errors.New("not the journal's export format")

const (
	// maxName bounds a field's name; the journal allows 64 bytes.
	maxName = 256
	// maxFields bounds the fields of one entry.
	maxFields = 1024
)

// Entry is one entry.
type Entry struct {
	// Cursor is its position in the journal.
	Cursor string
	// Cut says that a field was longer than the bound.
	Cut    bool
	fields []field
}

type field struct {
	name  string
	value []byte
}

// Reader reads entries. Make it with NewReader.
type Reader struct {
	r   *bufio.Reader
	max int
}

// NewReader makes a reader that cuts fields to max bytes.
func NewReader(r io.Reader, max int) *Reader {
	return &Reader{bufio.NewReaderSize(r, 64<<10), max}
}

// Next returns the next entry. The error is io.EOF at the end, io.ErrUnexpectedEOF
// inside an entry, or wraps ErrFormat.
func (r *Reader) Next() (*Entry, error) {
	e := &Entry{}
	for {
		f, cut, err := r.field()
		switch {
		case errors.Is(err, io.EOF) && len(e.fields) > 0:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		case f == nil && len(e.fields) == 0:
			continue // empty lines between entries
		case f == nil:
			return e, nil
		}
		e.Cut = e.Cut || cut
		if f.name == "__CURSOR" {
			e.Cursor = string(f.value)
		}
		if len(e.fields) < maxFields {
			e.fields = append(e.fields, *f)
		}
	}
}

// field reads one field; nil is the empty line that ends an entry.
func (r *Reader) field() (_ *field, cut bool, err error) {
	var name []byte
	for {
		c, err := r.r.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && len(name) > 0:
			return nil, false, io.ErrUnexpectedEOF
		case err != nil:
			return nil, false, err
		case c == '\n' && len(name) == 0:
			return nil, false, nil
		case c == '\n':
			f := &field{name: string(name)}
			f.value, cut, err = r.sized()
			return f, cut, inside(err)
		case c == '=':
			f := &field{name: string(name)}
			f.value, cut, err = r.line()
			return f, cut, inside(err)
		case len(name) == maxName:
			return nil, false, fmt.Errorf("%w: a field name of more than %d bytes", ErrFormat, maxName)
		}
		name = append(name, c)
	}
}

func inside(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// line reads a value of text.
func (r *Reader) line() (value []byte, cut bool, err error) {
	for {
		b, err := r.r.ReadSlice('\n')
		text := bytes.TrimSuffix(b, []byte{'\n'})
		room := min(len(text), r.max-len(value))
		value, cut = append(value, text[:room]...), cut || room < len(text)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return value, cut, err
		}
	}
}

// sized reads a value of any bytes: eight bytes of its length, little-endian, itself,
// and a line feed.
func (r *Reader) sized() (value []byte, cut bool, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return nil, false, err
	}
	size := binary.LittleEndian.Uint64(head[:])
	if size > 1<<31 {
		return nil, false, fmt.Errorf("%w: a field of %d bytes", ErrFormat, size)
	}
	var kept bytes.Buffer
	if _, err := io.CopyN(&kept, r.r, min(int64(size), int64(r.max))); err != nil {
		return nil, false, err
	}
	rest := int64(size) - int64(kept.Len())
	if _, err := io.CopyN(io.Discard, r.r, rest); err != nil {
		return nil, false, err
	}
	if c, err := r.r.ReadByte(); err != nil || c != '\n' {
		if err == nil {
			err = fmt.Errorf("%w: no line feed behind a field of %d bytes", ErrFormat, size)
		}
		return nil, false, err
	}
	return kept.Bytes(), rest > 0, nil
}

// levels are the names of priorities.
var levels = []string{"emergency", "alert", "critical", "error", "warn", "notice", "info", "debug"}

// ecs are the names of ECS for fields of the journal.
var ecs = map[string]string{
	"MESSAGE": "message", "_PID": "process.pid", "_COMM": "process.name", "_EXE": "process.executable", "_CMDLINE": "process.command_line",
	"_UID": "user.id", "_GID": "user.group.id", "_HOSTNAME": "host.hostname", "_MACHINE_ID": "host.id", "_BOOT_ID": "host.boot.id",
	"_SYSTEMD_UNIT": "systemd.unit", "_SYSTEMD_USER_UNIT": "systemd.user_unit", "_SYSTEMD_SLICE": "systemd.slice",
	"_SYSTEMD_CGROUP": "systemd.cgroup", "_TRANSPORT": "systemd.transport", "UNIT": "systemd.about_unit",
	"SYSLOG_IDENTIFIER": "log.syslog.appname", "SYSLOG_FACILITY": "log.syslog.facility.code", "SYSLOG_PID": "log.syslog.procid",
	"CODE_FILE": "log.origin.file.name", "CODE_LINE": "log.origin.file.line", "CODE_FUNC": "log.origin.function",
	"CONTAINER_ID_FULL": "container.id", "CONTAINER_NAME": "container.name", "IMAGE_NAME": "container.image.name", "TID": "process.thread.id",
	"MESSAGE_ID": "event.code", "ERRNO": "error.code",
}

// whole are the names whose values are whole numbers.
var whole = map[string]bool{"process.pid": true, "process.thread.id": true, "log.origin.file.line": true, "log.syslog.facility.code": true}

// Line is the entry as one line of JSON, with its line feed, of about most bytes: of a
// longer one the message is cut and the labels are left out, and cut is set.
func (e *Entry) Line(most int) (line []byte, cut bool, err error) {
	doc := e.document(len(e.fields))
	if line, err = json.Marshal(doc); err != nil {
		return nil, false, fmt.Errorf("journal: %w", err)
	}
	if len(line) >= most {
		const escaped = 6 // bytes that one byte may become
		short := map[string]any{}
		for _, name := range []string{"@timestamp", "message", "log.level", "process.pid", "systemd.unit", "log.syslog.appname"} {
			if v, ok := doc[name]; ok {
				if s, ok := v.(string); ok {
					v = s[:min(len(s), most/(6*escaped))]
				}
				short[name] = v
			}
		}
		if line, err = json.Marshal(short); err != nil {
			return nil, false, fmt.Errorf("journal: %w", err)
		}
		cut = true
	}
	return append(line, '\n'), cut || e.Cut, nil
}

func (e *Entry) document(size int) map[string]any {
	doc := make(map[string]any, size)
	for _, f := range e.fields {
		value := string(f.value)
		name, known := ecs[f.name]
		n, err := strconv.ParseInt(value, 10, 64)
		switch {
		case f.name == "PRIORITY" && err == nil && n >= 0 && int(n) < len(levels):
			doc["log.level"], doc["log.syslog.severity.code"] = levels[n], n
		case f.name == "__REALTIME_TIMESTAMP" && err == nil && doc["@timestamp"] == nil, f.name == "_SOURCE_REALTIME_TIMESTAMP" && err == nil:
			doc["@timestamp"] = time.UnixMicro(n).UTC().Format(time.RFC3339Nano) // the source's own goes first
		case known && whole[name] && err == nil:
			doc[name] = n
		case known:
			doc[name] = value
		case !strings.HasPrefix(f.name, "_") && f.name != "":
			doc["labels."+strings.ToLower(f.name)] = value
		}
	}
	return doc
}
