package event

import "math/bits"

// Append appends the document as one line of JSON without its newline.
func (e *Event) Append(dst []byte) []byte {
	e.arrange()
	s := e.schema
	dst = append(dst, '{')
	start, object := len(dst), uint16(0)
	for w, word := range e.ranked {
		for ; word != 0; word &= word - 1 {
			id := s.order[w<<6+bits.TrailingZeros64(word)]
			if id == Tags {
				continue // last, for writing the others may add one
			}
			at := &s.plan[id]
			if at.node != object {
				dst = e.climb(dst, object, at.node, len(dst) > start)
				object = at.node
			} else if len(dst) > start {
				dst = append(dst, ',')
			}
			dst = append(dst, at.key...)
			var valid bool
			if dst, valid = e.values[id].append(dst); !valid {
				e.Tag(TagInvalidUTF8)
			}
		}
	}
	dst = e.climb(dst, object, 0, false)
	if e.Has(Tags) || len(e.tags) > 0 {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = e.appendTags(append(dst, `"tags":`...))
	}
	return append(dst, '}')
}

// climb closes the objects that are left and opens those that are entered.
func (e *Event) climb(dst []byte, from, to uint16, comma bool) []byte {
	nodes := e.schema.nodes
	var enter [MaxDepth + 1]uint16
	depth := 0
	for from != to {
		if nodes[from].depth >= nodes[to].depth && from != 0 {
			dst = append(dst, '}')
			from = nodes[from].parent
			continue
		}
		enter[depth] = to
		depth++
		to = nodes[to].parent
	}
	if comma {
		dst = append(dst, ',')
	}
	for depth--; depth >= 0; depth-- {
		dst = append(dst, nodes[enter[depth]].open...)
	}
	return dst
}

// appendTags joins the tags that the line brought with those added by Tag.
func (e *Event) appendTags(dst []byte) []byte {
	own := e.values[Tags]
	dst = append(dst, '[')
	start := len(dst)
	switch {
	case !e.Has(Tags) || own.Kind == KindNull:
	case own.Kind == KindRaw && len(own.Bytes) > 1 && own.Bytes[0] == '[':
		dst = append(dst, own.Bytes[1:len(own.Bytes)-1]...)
	default:
		dst, _ = own.append(dst)
	}
	for _, tag := range e.tags {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst, _ = AppendString(dst, []byte(tag))
	}
	return append(dst, ']')
}
