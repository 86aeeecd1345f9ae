package event

import "math/bits"

// closing closes up to MaxDepth objects and goes on with a comma: the last n+1 bytes.
const closing = "}}}}}}}}}}}}}}}},"

// Append appends the document as one line of JSON without its newline.
func (e *Event) Append(dst []byte) []byte {
	dst, tail := e.AppendOwn(dst)
	return tail.Join(dst)
}

// AppendOwn appends the document without what it ends in like others do, which is the tail: nil if there is none. What is
// appended is one line of JSON too.
func (e *Event) AppendOwn(dst []byte) (out []byte, tail *Tail) {
	e.arrange()
	end := e.ownEnd()
	start := len(dst)
	dst, last, invalid := e.writeOwn(dst, end)
	if (invalid || e.fixedInvalid) && !e.tagged(TagInvalidUTF8) {
		e.Tag(TagInvalidUTF8)
		dst, last, _ = e.writeOwn(dst[:start], end) // the tags stand in the midst of it
	}
	tail = e.tailBehind(last, end)
	switch {
	case len(dst) > start:
	case tail == nil:
		return append(dst, "{}"...), nil
	default:
		return append(dst, tail.Line...), nil
	}
	dst[start] = '{' // in place of the first comma
	return append(append(dst, closing[len(closing)-1-int(last.depth):len(closing)-1]...), '}'), tail
}

// writeOwn appends the fields up to a rank, each field or object behind a comma, and says which the last is, in whose
// object it ends.
func (e *Event) writeOwn(dst []byte, end int) (out []byte, last *place, invalid bool) {
	if !e.Has(Tags) && len(e.tags) == 0 {
		return e.write(dst, e.present, 0, end, topLevel)
	}
	tags := int(e.schema.rank[Tags])
	dst, last, invalid = e.write(dst, e.present, 0, tags, topLevel)
	dst = append(dst, closing[len(closing)-1-int(last.depth):]...)
	dst = e.appendTags(append(dst, `"tags":`...))
	if end <= tags {
		return dst, topLevel, invalid
	}
	dst, last, more := e.write(dst, e.present, tags+1, end, topLevel)
	return dst, last, invalid || more
}

// write appends the fields of a set from one rank up to another, each field or object behind a comma, where last was
// written before. It leaves the objects of the new last open.
func (e *Event) write(dst []byte, fields bitset, from, to int, last *place) (out []byte, now *place, invalid bool) {
	document := e.schema.document
	for w := from >> 6; w<<6 < to; w++ {
		word := fields[w]
		if w == from>>6 {
			word &= ^uint64(0) << (from & 63)
		}
		if w == to>>6 {
			word &= uint64(1)<<(to&63) - 1
		}
		for ; word != 0; word &= word - 1 {
			p := document[w<<6+bits.TrailingZeros64(word)]
			if p.skip {
				continue
			}
			if p.number == last.number {
				dst = append(dst, p.key...)
			} else {
				common := shared(&last.object, &p.object)
				dst = append(dst, closing[len(closing)-1-int(last.depth)+common:]...)
				dst = append(dst, p.open[p.cuts[common]:]...)
			}
			last = p
			valid := true
			switch v := &e.values[p.id]; v.Kind {
			case KindQuoted:
				dst = append(dst, v.Bytes...)
			case KindString:
				dst, valid = AppendString(dst, v.Bytes)
			default:
				dst, valid = v.append(dst)
			}
			invalid = invalid || !valid
		}
	}
	return dst, last, invalid
}

// topLevel is where writing begins.
var topLevel = &place{}

// shared counts the objects that lead to both.
func shared(a, b *object) (n int) {
	for most := int(min(a.depth, b.depth)); n < most && a.chain[n] == b.chain[n]; n++ {
	}
	return n
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
