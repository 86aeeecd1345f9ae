package event

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
		return e.write(dst, 0, end, topLevel)
	}
	tags := int(e.schema.rank[Tags])
	dst, last, invalid = e.write(dst, 0, tags, topLevel)
	dst = append(dst, closing[len(closing)-1-int(last.depth):]...)
	dst = e.appendTags(append(dst, `"tags":`...))
	if end <= tags {
		return dst, topLevel, invalid
	}
	dst, last, more := e.write(dst, tags+1, end, topLevel)
	return dst, last, invalid || more
}

// write appends the present fields from one rank up to another, each field or object behind a comma, where last was
// written before. It leaves the objects of the new last open.
func (e *Event) write(dst []byte, from, to int, last *place) (out []byte, now *place, invalid bool) {
	f := e.frameOf(e.present, from, to, last)
	dst, invalid = e.fill(dst, f)
	return dst, f.last, invalid
}

// fill appends the fields of a frame. invalid says that text was not UTF-8 and was mended.
func (e *Event) fill(dst []byte, f *frame) (out []byte, invalid bool) {
	at := uint32(0)
	for i := range f.pieces {
		p := &f.pieces[i]
		dst = append(dst, f.text[at:p.end]...)
		at = p.end
		valid := true
		switch v := &e.values[p.id]; v.Kind {
		case KindQuoted, KindNumber:
			dst = append(dst, v.Bytes...)
		case KindString:
			dst, valid = AppendString(dst, v.Bytes)
		case KindTime:
			dst = e.clock.append(dst, v.Num, v.Nano)
		default:
			dst, valid = v.append(dst)
		}
		invalid = invalid || !valid
	}
	return dst, invalid
}

// topLevel is where writing begins.
var topLevel = &place{id: None}

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
