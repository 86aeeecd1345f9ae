package event

import "math/bits"

// closing closes up to MaxDepth objects and goes on with a comma: the last n+1 bytes.
const closing = "}}}}}}}}}}}}}}}},"

// Append appends the document as one line of JSON without its newline.
func (e *Event) Append(dst []byte) []byte {
	e.arrange()
	start := len(dst)
	var invalid bool
	if e.isFramed() {
		if dst, invalid = e.write(dst, e.present, e.schema.framed); e.frameInvalid {
			invalid = true
		}
		dst = append(dst, e.frame...)
	} else {
		dst, invalid = e.write(dst, e.present, nil)
	}
	if invalid {
		e.Tag(TagInvalidUTF8)
	}
	if e.Has(Tags) || len(e.tags) > 0 {
		dst = e.appendTags(append(dst, `,"tags":`...))
	}
	if len(dst) == start {
		return append(dst, "{}"...)
	}
	dst[start] = '{' // in place of the first comma
	return append(dst, '}')
}

// write appends the fields of a set but those of another, each field or object behind a comma.
func (e *Event) write(dst []byte, fields, except bitset) (out []byte, invalid bool) {
	document := e.schema.document
	last := topLevel
	for w, word := range fields {
		if except != nil {
			word &^= except[w]
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
	return append(dst, closing[len(closing)-1-int(last.depth):len(closing)-1]...), invalid
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
