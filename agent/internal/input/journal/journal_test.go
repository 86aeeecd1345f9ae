package journal

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// sized is a field of any bytes.
func sized(name, value string) string {
	n := len(value)
	return name + "\n" + string([]byte{byte(n), byte(n >> 8), byte(n >> 16), 0, 0, 0, 0, 0}) + value + "\n"
}

func TestEntriesBecomeLinesInNamesOfECS(t *testing.T) {
	entry := "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1763852400123456\n_SOURCE_REALTIME_TIMESTAMP=1763852400000001\n__MONOTONIC_TIMESTAMP=5\n" +
		"PRIORITY=3\n_PID=42\n_SYSTEMD_UNIT=nginx.service\n_CAP_EFFECTIVE=0\nREQUEST=7\nSYSLOG_FACILITY=10\n" + sized("MESSAGE", "two\nlines = \xff") + "\n"
	want := map[string]any{
		"@timestamp": "2025-11-22T23:00:00.000001Z", "message": "two\nlines = \ufffd", "log.level": "error", "log.syslog.severity.code": 3.0,
		"process.pid": 42.0, "systemd.unit": "nginx.service", "labels.request": "7", "log.syslog.facility.code": 10.0,
	}
	for name, in := range map[string]io.Reader{"at once": strings.NewReader(entry), "byte by byte": iotest.OneByteReader(strings.NewReader("\n" + entry))} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(in, 1000)
			e, err := r.Next()
			if err != nil || e.Cursor != "s=1;i=2" || e.Cut {
				t.Fatalf("%+v, error %v", e, err)
			}
			line, cut, err := e.Line(10_000)
			var got map[string]any
			if err := errors.Join(err, json.Unmarshal(line, &got)); err != nil || cut || !reflect.DeepEqual(got, want) {
				t.Errorf("%s, error %v", line, err)
			}
			if _, err := r.Next(); !errors.Is(err, io.EOF) {
				t.Error(err)
			}
		})
	}
}

func TestLongFieldsAreCut(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	r := NewReader(strings.NewReader("MESSAGE="+long+"\n\n"+sized("MESSAGE", long)+"\nMESSAGE=short\n\n"), 1000)
	for _, want := range []string{long[:1000], long[:1000], "short"} {
		e, err := r.Next()
		if err != nil || string(e.fields[0].value) != want || e.Cut != (want != "short") {
			t.Errorf("%.50q, error %v", e.fields[0].value, err)
		}
	}
	e := &Entry{fields: []field{{"MESSAGE", []byte(strings.Repeat("\x01", 1000))}, {"A", []byte("b")}}}
	line, cut, err := e.Line(1200)
	if err != nil || !cut || len(line) > 1200 || !json.Valid(line) {
		t.Errorf("%s, %v, error %v", line, cut, err)
	}
}

func TestWhatIsNoEntryIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"nothing":                   {"", io.EOF},
		"half a name":               {"MESS", io.ErrUnexpectedEOF},
		"half a value":              {"MESSAGE=a", io.ErrUnexpectedEOF},
		"no empty line":             {"MESSAGE=a\n", io.ErrUnexpectedEOF},
		"half a length":             {"MESSAGE\n\x01", io.ErrUnexpectedEOF},
		"half a sized value":        {sized("MESSAGE", "abc")[:18], io.ErrUnexpectedEOF},
		"a sized value without end": {strings.TrimSuffix(sized("MESSAGE", "abc"), "\n") + "x\n\n", ErrFormat},
		"a length that is absurd":   {"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff", ErrFormat},
		"a name that is too long":   {strings.Repeat("A", 1000) + "=", ErrFormat},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewReader(strings.NewReader(c.in), 1000).Next(); !errors.Is(err, c.want) {
				t.Error(err)
			}
		})
	}
}

// FuzzReader holds that every entry becomes one line of JSON within the bound.
func FuzzReader(f *testing.F) {
	f.Add("__CURSOR=a\nMESSAGE=b\nPRIORITY=3\n\n")
	f.Add(sized("MESSAGE", "a\nb") + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := NewReader(strings.NewReader(text), 500)
		for {
			e, err := r.Next()
			if err != nil {
				return
			}
			line, _, err := e.Line(2000)
			if err != nil || !json.Valid(line) || strings.Count(string(line), "\n") != 1 || len(line) > 2000 {
				t.Fatalf("%q, error %v", line, err)
			}
		}
	})
}
