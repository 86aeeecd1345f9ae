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
	e.line.forget()
	p, start := e.planned(), len(dst)
	dst, invalid := e.writeOwn(dst, p)
	if (invalid || e.fixedInvalid) && !e.tagged(TagInvalidUTF8) {
		e.Tag(TagInvalidUTF8)
		p = e.planned()
		dst, _ = e.writeOwn(dst[:start], p) // the tags stand in the midst of it
	}
	switch {
	case len(dst) > start:
	case p.tail == nil:
		return append(dst, "{}"...), nil
	default:
		return append(dst, p.tail.Line...), nil
	}
	dst[start] = '{' // in place of the first comma
	return append(append(dst, closing[len(closing)-1-int(p.last.depth):len(closing)-1]...), '}'), p.tail
}

// writeOwn appends the event's own fields, each field or object behind a comma, and leaves the objects of the last one open.
func (e *Event) writeOwn(dst []byte, p *plan) (out []byte, invalid bool) {
	dst, invalid = e.fill(dst, &p.frame)
	if !p.tagged {
		return dst, invalid
	}
	dst = append(dst, closing[len(closing)-1-int(p.frame.last.depth):]...)
	dst = e.appendTags(append(dst, `"tags":`...))
	dst, more := e.fill(dst, &p.behind)
	return dst, invalid || more
}

// fill appends the fields of a frame. invalid says that text was not UTF-8 and was mended.
func (e *Event) fill(dst []byte, f *frame) (out []byte, invalid bool) {
	for i := range f.pieces {
		p := &f.pieces[i]
		dst = appendBrief(dst, f.text[p.begin:], int(p.end-p.begin))
		if p.answer >= 0 {
			dst = append(dst, e.joined(f, p)...)
			continue
		}
		valid := true
		switch v := p.value; v.Kind {
		case KindQuoted, KindNumber:
			dst = append(dst, v.Bytes()...)
		case KindString:
			dst, valid = e.appendString(dst, p.id, v)
		case KindTime:
			dst = e.clock.append(dst, v.Num, v.Nano)
		default:
			dst, valid = v.append(dst)
		}
		invalid = invalid || !valid
	}
	return dst, invalid
}

// appendBrief appends the first n bytes of a text. Most are few, and cheaper copied with what stands behind them than counted.
func appendBrief(dst, text []byte, n int) []byte {
	at := len(dst)
	if n > brief || len(text) < brief || cap(dst)-at < brief {
		return append(dst, text[:n]...)
	}
	room := dst[at : at+brief]
	*(*[brief / 2]byte)(room) = *(*[brief / 2]byte)(text)
	*(*[brief / 2]byte)(room[brief/2:]) = *(*[brief / 2]byte)(text[brief/2:]) // copied as one, it is a call
	return dst[:at+n]
}

// brief is how many bytes most texts between values have at most, and most values of answers.
const brief = 32

// topLevel is where writing begins.
var topLevel = &place{id: None}

// appendTags joins the tags that the line brought with those added by Tag.
func (e *Event) appendTags(dst []byte) []byte {
	own := e.values[Tags]
	dst = append(dst, '[')
	start := len(dst)
	switch {
	case !e.Has(Tags) || own.Kind == KindNull:
	case own.Kind == KindRaw && len(own.Bytes()) > 1 && own.Bytes()[0] == '[':
		dst = append(dst, own.Bytes()[1:len(own.Bytes())-1]...)
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
