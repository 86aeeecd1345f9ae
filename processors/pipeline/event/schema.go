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
	paths []string
	index map[string]ID // also holds the unclean spellings of paths
	order []ID          // visible paths in document order
	rank  []uint16      // by ID: position in order
	plan  []place       // by ID
	nodes []node        // the objects of the document tree; 0 is the root
	named map[string]uint16
	stale bool   // rank and ends are to be computed again
	under []ID   // paths that have paths below them
	ours  []bool // by ID: a line may not set it
}

// place says where a field stands in the document.
type place struct {
	node  uint16 // the object it stands in
	depth uint8
	key   []byte // "status_code":
	end   uint16 // rank behind its last descendant
}

// node is one object of the document.
type node struct {
	parent uint16
	depth  uint8
	open   []byte // "response":{
}

// NewSchema returns a schema that knows the fields named in this package.
func NewSchema() *Schema {
	s := &Schema{index: make(map[string]ID, 2*numFields), nodes: []node{{}}, named: map[string]uint16{}}
	for _, path := range fieldPaths {
		s.add(path)
	}
	return s
}

// Clone returns a copy that can learn paths of its own.
func (s *Schema) Clone() *Schema {
	c := *s
	c.paths, c.index = slices.Clone(s.paths), maps.Clone(s.index)
	c.ours = slices.Clone(s.ours)
	c.order, c.rank, c.plan = slices.Clone(s.order), slices.Clone(s.rank), slices.Clone(s.plan)
	c.nodes, c.named, c.under = slices.Clone(s.nodes), maps.Clone(s.named), slices.Clone(s.under)
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
	parent, name := uint16(0), path
	if !strings.HasPrefix(path, hiddenPrefix) {
		if cut := strings.LastIndexByte(path, '.'); cut >= 0 {
			parent, name = s.object(path[:cut]), path[cut+1:]
		}
		at := sort.Search(len(s.order), func(i int) bool { return before(path, s.paths[s.order[i]]) })
		s.order = slices.Insert(s.order, at, id)
		s.stale = true
	}
	s.plan = append(s.plan, place{node: parent, depth: s.nodes[parent].depth, key: appendKey(nil, name)})
	return id
}

// object returns the node of an object path, made with its ancestors if new.
func (s *Schema) object(path string) uint16 {
	if n, ok := s.named[path]; ok {
		return n
	}
	parent, name := uint16(0), path
	if cut := strings.LastIndexByte(path, '.'); cut >= 0 {
		parent, name = s.object(path[:cut]), path[cut+1:]
	}
	s.nodes = append(s.nodes, node{
		parent: parent, depth: s.nodes[parent].depth + 1, open: append(appendKey(nil, name), '{'),
	})
	s.named[path] = uint16(len(s.nodes) - 1)
	return s.named[path]
}

func appendKey(dst []byte, name string) []byte {
	dst, _ = AppendString(dst, []byte(name))
	return append(dst, ':')
}

// settle brings ranks and descendants up to date after paths were learned.
func (s *Schema) settle() {
	if !s.stale {
		return
	}
	s.stale = false
	s.under = s.under[:0]
	for i, id := range s.order {
		s.rank[id] = uint16(i)
	}
	for i, id := range s.order {
		end := i + 1
		for end < len(s.order) && below(s.paths[s.order[end]], s.paths[id]) {
			end++
		}
		s.plan[id].end = uint16(end)
		if end > i+1 {
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
