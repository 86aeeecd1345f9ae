package event

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

const (
	// MaxDepth bounds the objects a document nests; Elasticsearch refuses more than 20.
	MaxDepth = 16
	// maxLearned bounds the paths, and spellings of them, an event's schema keeps from lines before it forgets them all.
	maxLearned = 2048
)

// Schema interns paths and keeps them in document order.
type Schema struct {
	paths    []string
	index    map[string]ID // also holds the unclean spellings of paths
	ours     []bool        // by ID: a line may not set it
	rank     []uint16      // by ID: position in document
	document []*place      // in document order
	under    []ID          // paths that have paths below them
	objects  map[string]object
}

// place says where a field stands in the document. It does not change once made.
type place struct {
	id   ID
	path string
	skip bool // hidden, or written in another way
	object
	key  []byte           // ,"status_code":
	cuts [MaxDepth]uint16 // where in open the text of each depth starts
}

// object is an object of the document, with what leads to it. It does not change once made.
type object struct {
	number uint16 // 0 is the document itself
	depth  uint8
	chain  [MaxDepth]uint16 // numbers of the objects from the top to this one
	open   []byte           // "http":{"response":{
}

// NewSchema returns a schema that knows the fields named in this package.
func NewSchema() *Schema {
	s := &Schema{index: make(map[string]ID, 2*numFields), objects: map[string]object{}}
	for _, path := range fieldPaths {
		s.add(path)
	}
	return s
}

// Clone returns a copy that can learn paths of its own.
func (s *Schema) Clone() *Schema {
	c := *s
	c.paths, c.index, c.ours = slices.Clone(s.paths), maps.Clone(s.index), slices.Clone(s.ours)
	c.rank, c.document = slices.Clone(s.rank), slices.Clone(s.document)
	c.under, c.objects = slices.Clone(s.under), maps.Clone(s.objects)
	return &c
}

// Path returns the path that id names.
func (s *Schema) Path(id ID) string { return s.paths[id] }

// Len returns how many paths are known.
func (s *Schema) Len() int { return len(s.paths) }

// Intern returns the ID of a path and learns it if it is new. It answers None when the schema is full.
func (s *Schema) Intern(path string) ID {
	if id, ok := s.index[path]; ok {
		return id
	}
	return s.learn(path)
}

// InternBytes is Intern without an allocation for known paths.
func (s *Schema) InternBytes(path []byte) ID {
	if id, ok := s.index[string(path)]; ok {
		return id
	}
	return s.learn(string(path))
}

// Lookup returns the ID of a path, None if it is not known.
func (s *Schema) Lookup(path string) ID {
	if id, ok := s.index[path]; ok {
		return id
	}
	return None
}

func (s *Schema) learn(path string) ID {
	if len(s.index) >= int(None)-1 {
		return None
	}
	clean := cleanPath(path)
	id, ok := s.index[clean]
	if !ok {
		id = s.add(clean)
	}
	if clean != path {
		s.index[path] = id
	}
	return id
}

// cleanPath makes any text a path: valid UTF-8, no empty segment, at most MaxDepth segments. What would stand inside our
// array of tags, or among the hidden fields, goes under "reported.".
func cleanPath(path string) string {
	if strings.HasPrefix(path, "tags.") || strings.HasPrefix(path, hiddenPrefix) {
		path = "reported." + path
	}
	if !utf8.ValidString(path) {
		path = strings.ToValidUTF8(path, "\uFFFD")
	}
	if path == "" || path[0] == '.' || path[len(path)-1] == '.' || strings.Contains(path, "..") {
		parts := strings.Split(path, ".")
		for i, part := range parts {
			if part == "" {
				parts[i] = "_"
			}
		}
		path = strings.Join(parts, ".")
	}
	if strings.Count(path, ".") >= MaxDepth {
		parts := strings.SplitN(path, ".", MaxDepth)
		parts[MaxDepth-1] = strings.ReplaceAll(parts[MaxDepth-1], ".", "_")
		path = strings.Join(parts, ".")
	}
	return path
}

// add appends a path that is not known yet and puts it in its place in the document.
func (s *Schema) add(path string) ID {
	id := ID(len(s.paths))
	s.paths = append(s.paths, path)
	s.index[path] = id
	s.ours = append(s.ours, Reserved(path) || path == fieldPaths[HostName])
	at := sort.Search(len(s.document), func(i int) bool { return before(path, s.document[i].path) })
	s.document = slices.Insert(s.document, at, s.place(id, path))
	s.rank = append(s.rank, 0)
	for i := at; i < len(s.document); i++ {
		s.rank[s.document[i].id] = uint16(i)
	}
	s.noteParents(id, at)
	return id
}

// noteParents keeps under right after a path was put at a rank.
func (s *Schema) noteParents(id ID, at int) {
	path := s.paths[id]
	if at+1 < len(s.document) && below(s.document[at+1].path, path) {
		s.under = append(s.under, id)
	}
	for i := len(path) - 1; i > 0; i-- {
		if path[i] != '.' {
			continue
		}
		if parent, ok := s.index[path[:i]]; ok && s.paths[parent] == path[:i] && !slices.Contains(s.under, parent) {
			s.under = append(s.under, parent)
		}
	}
}

func (s *Schema) place(id ID, path string) *place {
	p := &place{id: id, path: path, skip: id == Tags || strings.HasPrefix(path, hiddenPrefix)}
	name := path
	if cut := strings.LastIndexByte(path, '.'); cut >= 0 {
		p.object, name = s.object(path[:cut]), path[cut+1:]
	}
	p.key = appendKey([]byte{','}, name)
	p.open = append(slices.Clip(p.open), p.key[1:]...)
	depth := 0
	for i, parts := 0, strings.Split(path, "."); i < len(parts) && i < MaxDepth; i++ {
		p.cuts[i] = uint16(depth)
		depth += len(appendKey(nil, parts[i])) + 1
	}
	return p
}

// object returns the object of a path, made with those it stands in if new.
func (s *Schema) object(path string) object {
	if o, ok := s.objects[path]; ok {
		return o
	}
	var o object
	name := path
	if cut := strings.LastIndexByte(path, '.'); cut >= 0 {
		o, name = s.object(path[:cut]), path[cut+1:]
	}
	o.number = uint16(len(s.objects) + 1)
	o.chain[o.depth] = o.number
	o.depth++
	o.open = append(appendKey(slices.Clip(o.open), name), '{')
	s.objects[path] = o
	return o
}

func appendKey(dst []byte, name string) []byte {
	dst, _ = AppendString(dst, []byte(name))
	return append(dst, ':')
}

// below reports whether path lies inside the object named parent.
func below(path, parent string) bool {
	return len(path) > len(parent) && path[len(parent)] == '.' && path[:len(parent)] == parent
}

// before is document order: segment by segment, a parent before its children; at the top time, message, …, error, tags, and
// what mostly is the same in many events.
func before(a, b string) bool {
	ra, rb := topRank(a), topRank(b)
	if ra != rb {
		return ra < rb
	}
	for end := 0; ; end++ { // a[:end] and b[:end] are the same segments
		x, y := segmentEnd(a, end), segmentEnd(b, end)
		if a[end:x] != b[end:y] {
			if la, lb := late[a[:x]], late[b[:y]]; la != lb {
				return la < lb
			}
			return a[end:x] < b[end:y]
		}
		if end = x; end == len(a) || end == len(b) {
			return len(a) < len(b)
		}
	}
}

// segmentEnd is where the segment that begins at i ends.
func segmentEnd(path string, i int) int {
	if n := strings.IndexByte(path[i:], '.'); n >= 0 {
		return i + n
	}
	return len(path)
}

func topRank(path string) int {
	top, _, _ := strings.Cut(path, ".")
	switch top {
	case "@timestamp":
		return 0
	case "message":
		return 1
	case "error":
		return 3
	case "tags":
		return 4
	case "log": // first of those that hold fixed fields: each event has an offset of its own
		return 5
	case "event":
		return 6
	case "host":
		return 7
	case "agent", "container", "ecs", "kubernetes", "millrace", "service":
		return 8
	}
	return 2
}
