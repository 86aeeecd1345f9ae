package event

import "unsafe"

// last is what was written as a piece's value in the document before that had the same frame. There are some dozens for
// each frame, so they are kept small.
type last struct {
	at      int32 // position of the text before the value
	size    int32 // bytes of the value
	kept    kept  // what is known of the value
	quoted  bool  // it had quotes
	short   uint8 // how many bytes a short text has
	escapes uint8 // escapes in the message before the value
	vain    uint8 // how often a short text was not that of last time
	head    uint64
	tail    uint64
	bytes   unsafe.Pointer // those of a value that stays, or the answer
}

// kept says what is kept in mind of a value.
type kept uint8

const (
	keptNothing kept = iota
	keptText         // a short text: head, tail (see ends) and short
	keptJSON         // the same, of bytes that are JSON already
	keptCount        // head is the number
	keptSecond       // head is the second of an instant
	keptBytes        // bytes and size
	keptAnswer       // bytes and size
)

const (
	// shortText is how long values are of which a copy is kept: words that come again and again. At most 16.
	shortText = 16
	// findFrom is the shortest value in which repetitions are looked for.
	findFrom = 40
	// shortFar is the most bytes of a value that are cheaper written once more than pointed to.
	shortFar = 5
	// fewest is how many bytes a document must end in that are no repetition; see packed.Writer.
	fewest = 8
	// timeHead is the length of an instant up to its second, with its quote.
	timeHead = len(`"2006-01-02T15:04:05`)
)

// fields writes the fields of a frame, and the closers behind them if there are any: they end the document.
func (p *packing) fields(f *frame, closers string) {
	opened := p.w.At() == p.start
	p.frame, p.know = f, f.epoch == p.epoch && f.opened == opened
	f.epoch, f.opened = p.epoch, opened
	if closers != "" {
		last := len(f.pieces) - 1
		p.pieces(f.pieces[:last])
		p.end(&f.pieces[last], closers)
		return
	}
	p.pieces(f.pieces)
	if p.back > 0 {
		p.quote()
	}
}

// pieces writes some fields.
func (p *packing) pieces(pieces []piece) {
	for i := range pieces {
		piece := &pieces[i]
		if piece.answer >= 0 {
			p.answer(piece)
			continue
		}
		v := piece.value
		if v.Kind == KindString {
			p.string(piece, v)
			continue
		}
		switch v.Kind {
		case KindTime:
			p.time(piece, v.Num, int(v.Nano))
		case KindQuoted, KindNumber, KindRaw:
			if v.Nano == staying {
				p.lasting(piece, v.Bytes())
			} else {
				p.ready(piece, v)
			}
		default:
			p.other(piece, v)
		}
	}
}

// quote writes the quote that ends the value before.
func (p *packing) quote() {
	p.w.LiteralByte('"')
	p.back = 0
}

// before writes the text before a value and the first n bytes of the value, which are those of last time.
func (p *packing) before(piece *piece, n int) {
	if !p.know {
		p.fresh(piece)
		return
	}
	w, l, back := p.w, &piece.last, p.back
	at, from := w.At()+back, int(l.at)-back
	l.at, p.back = int32(at), 0
	w.Copy(from, back+int(piece.end-piece.begin)+n)
}

// text is what stands before a piece.
func (p *packing) text(piece *piece) []byte { return p.frame.text[piece.begin:piece.end] }

// fresh writes the text before a value where the frame is new in the block: others may have had the same text.
func (p *packing) fresh(piece *piece) {
	if !p.first(piece) {
		p.between(piece.between, piece.begin, piece.end)
	}
}

// first writes the quote of the value before, and the text before the first value of a frame. It reports whether it is that.
func (p *packing) first(piece *piece) bool {
	if p.back > 0 {
		p.quote()
	}
	piece.last.at = int32(p.w.At())
	if piece.begin > 0 {
		return false
	}
	p.opening(piece)
	return true
}

// opening writes the text before the first value of a frame.
func (p *packing) opening(piece *piece) {
	text := p.text(piece)
	if p.w.At() == p.start {
		p.w.LiteralByte('{') // in place of the comma
		text = text[1:]
	}
	p.w.Literal(text)
}

// between writes the text of a name between two fields, which is from begin to end in the frame.
func (p *packing) between(name, begin, end uint32) {
	known, at := &p.e.texts[name*0x9e3779b1>>(32-textBits)], p.w.At()
	if known.name == name && known.epoch == p.epoch {
		p.w.Copy(int(known.at), int(end-begin))
		return
	}
	p.w.Literal(p.frame.text[begin:end])
	*known = textPlace{name, p.epoch, uint16(at)}
}

// textPlace is where a text between two fields stood first in a block.
type textPlace struct {
	name, epoch uint32
	at          uint16
}

// texts are those of the block at work, by the fields before and after.
type texts [1 << textBits]textPlace

const textBits = 7

// end writes the last field of a document. A block may end here, so its end is written out.
func (p *packing) end(piece *piece, closers string) {
	out, valid := p.e.render[:0], true
	if v := piece.value; v.Kind == KindNumber {
		out = append(out, v.Bytes()...)
	} else {
		out, valid = v.append(out)
	}
	out = append(out, closers...)
	p.e.render = out
	p.mended = p.mended || !valid
	if piece.last.kept = keptNothing; len(out) >= fewest {
		p.before(piece, 0)
	} else {
		p.written(piece)
	}
	p.w.Literal(out)
}

// written writes the text before a value out.
func (p *packing) written(piece *piece) {
	if !p.first(piece) {
		p.w.Literal(p.text(piece))
	}
}
