package collect

import "slices"

// Reading is how an agent reads the files of a collection and cuts them into events. Its
// zero value is: UTF-8, an event for each line, no limits. What is not set is left out of
// the canonical form, so that collections without these keys keep their revisions.
type Reading struct {
	// Multiline joins lines to events. Nil: each line is an event.
	Multiline *Multiline `json:"multiline,omitempty"`
	// Container is the format in which a container runtime wraps lines. The events are
	// what the container wrote: its partial lines are joined, stdout and stderr apart.
	Container Container `json:"container,omitempty"`
	// Charset is the encoding of the files; empty is UTF-8, or what a byte order mark
	// says. See Charsets.
	Charset string `json:"charset,omitempty"`
	// MaxLineBytes is the longest line that is one event; a longer one is cut into parts
	// of this size. 0 is MaxLine.
	MaxLineBytes int `json:"max_line_bytes,omitempty"`
	// Limits is how much an agent ships of the collection at most. Nil is no limit.
	Limits *Limits `json:"limits,omitempty"`
	// IgnoreOlder leaves out files that were last written longer ago. 0 leaves out none.
	IgnoreOlder Duration `json:"ignore_older,omitempty"`
	// Gzip reads compressed files, too, once each. The default leaves them out.
	Gzip bool `json:"gzip,omitempty"`
}

// MaxLine is the longest line that can be one event: it leaves a raw record 16 KiB for
// key and manifest. MinLine is the least that MaxLineBytes may be.
const (
	MaxLine = 240 << 10
	MinLine = 1 << 10
)

// Container names the wrapping of a container runtime.
type Container string

// The wrappings.
const (
	// CRI is that of containerd and CRI-O: "time stream P|F text".
	CRI Container = "cri"
	// Docker is that of Docker's json-file driver: {"log":…,"stream":…,"time":…}.
	Docker Container = "docker"
	// AutoContainer is for each line whichever of the two it has.
	AutoContainer Container = "auto"
)

// Limits is how much an agent ships of a collection on one host at most. Lines beyond it
// are skipped and counted, and the raw topic names their ranges.
type Limits struct {
	// LinesPerSecond and BytesPerSecond are rates; 0 is none.
	LinesPerSecond int `json:"lines_per_second,omitempty"`
	BytesPerSecond int `json:"bytes_per_second,omitempty"`
	// Burst is how long an allowance is saved up that was not used.
	Burst Duration `json:"burst"`
}

// Charsets are the encodings that Charset may name. "utf-16" is the order that the byte
// order mark tells, else little-endian.
var charsets = []string{
	"utf-8", "utf-16", "utf-16le", "utf-16be", "gbk", "gb18030", "big5", "shift-jis", "euc-jp", "euc-kr",
	"iso-8859-1", "iso-8859-15", "windows-1251", "windows-1252", "koi8-r",
}

// aliases are other names of charsets that people write.
var aliases = map[string]string{
	"utf8": "utf-8", "utf16": "utf-16", "utf-16-le": "utf-16le", "utf-16-be": "utf-16be", "gb2312": "gbk", "cp936": "gbk",
	"sjis": "shift-jis", "latin1": "iso-8859-1", "latin-1": "iso-8859-1", "latin9": "iso-8859-15", "cp1251": "windows-1251", "cp1252": "windows-1252",
}

// Charsets are the names that Charset may have.
func Charsets() []string { return slices.Clone(charsets) }
