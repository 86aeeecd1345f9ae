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
	// maxLearned bounds the paths an event's schema keeps from lines before it forgets them all.
	maxLearned = 2048
)

// Schema interns paths and keeps them in document order.
type Schema struct {
	paths    []string
	index    map[string]ID // also holds the unclean spellings of paths
	ours     []bool        // by ID: a line may not set it
	places   []*place      // by ID
	order    []ID          // visible paths in document order
	rank     []uint16      // by ID: position in order
	objects  map[string]object
	stale    bool     // what follows from order is to be computed again
	document []*place // in document order
	under    []ID     // paths that have paths below them
}

// place says where a field stands in the document. It does not change once made.
type place struct {
	id ID
	object
	key  []byte           // ,"status_code":
	cuts [MaxDepth]uint16 // where in open the text of each depth starts
}

// object is an object of the document, with what leads to it. It does not change once made.
type object struct {
	depth uint8
	chain [MaxDepth]uint16 // numbers of the objects from the top to this one
	open  []byte           // "http":{"response":{
}

// NewSchema returns a schema that knows the fields named in this package.
func NewSchema() *Schema {
	s := &Schema{index: make(map[string]ID, 2*numFields), objects: map[string]object{}}
	for _, path := range fieldPaths {
		s.add(path)
	}
	s.settle()
	return s
}

// Clone returns a copy that can learn paths of its own.
func (s *Schema) Clone() *Schema {
	s.settle()
	c := *s
	c.paths, c.index, c.ours = slices.Clone(s.paths), maps.Clone(s.index), slices.Clone(s.ours)
	c.order, c.rank, c.under = slices.Clone(s.order), slices.Clone(s.rank), slices.Clone(s.under)
	c.places, c.objects, c.document = slices.Clone(s.places), maps.Clone(s.objects), slices.Clone(s.document)
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

func (s *Schema) add(path string) ID {
	id := ID(len(s.paths))
	s.paths = append(s.paths, path)
	s.index[path] = id
	s.rank = append(s.rank, 0)
	s.ours = append(s.ours, Reserved(path) || path == fieldPaths[HostName])
	s.places = append(s.places, s.place(id, path))
	if !strings.HasPrefix(path, hiddenPrefix) {
		at := sort.Search(len(s.order), func(i int) bool { return before(path, s.paths[s.order[i]]) })
		s.order = slices.Insert(s.order, at, id)
		s.stale = true
	}
	return id
}

func (s *Schema) place(id ID, path string) *place {
	p := &place{id: id}
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
	o.chain[o.depth] = uint16(len(s.objects) + 1)
	o.depth++
	o.open = append(appendKey(slices.Clip(o.open), name), '{')
	s.objects[path] = o
	return o
}

func appendKey(dst []byte, name string) []byte {
	dst, _ = AppendString(dst, []byte(name))
	return append(dst, ':')
}

// settle computes what follows from the order of paths, after some were learned.
func (s *Schema) settle() {
	if !s.stale {
		return
	}
	s.stale = false
	s.under, s.document = s.under[:0], s.document[:0]
	for i, id := range s.order {
		s.rank[id] = uint16(i)
		s.document = append(s.document, s.places[id])
		if i+1 < len(s.order) && below(s.paths[s.order[i+1]], s.paths[id]) {
			s.under = append(s.under, id)
		}
	}
}

// below reports whether path lies inside the object named parent.
func below(path, parent string) bool {
	return len(path) > len(parent) && path[len(parent)] == '.' && path[:len(parent)] == parent
}

// before is document order: segment by segment, a parent before its children; at the top time, message, …, error and tags.
func before(a, b string) bool {
	ra, rb := topRank(a), topRank(b)
	if ra != rb {
		return ra < rb
	}
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		if x != y {
			return x < y
		}
	}
	return a == "" && b != ""
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
	}
	return 2
}
