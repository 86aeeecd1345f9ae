package event

import "unsafe"

// Values that stay are known by where their bytes are in memory. They come in runs, those of one object: a system, a place.

const (
	// maxRun is how many values are looked for together.
	maxRun = 4
	// Sizes of the tables, as powers of two; they stay small enough for the processor's nearest cache.
	runBits, placeBits = 6, 8
	mix                = 0x9e3779b97f4a7c15
)

// runs are those written in the block at work, by their values.
type runs [1 << runBits]packedRun

// packedRun is where a run of values that stay stood in a block, with the text before each.
type packedRun struct {
	hash          uint64
	epoch, serial uint32 // of the block and the frame
	at, size      int32
	slot, count   int32 // of the first value, and how many there are
	values        [maxRun]lasting
}

// lasting names bytes that stay. They are held, so nothing else can be there.
type lasting struct {
	bytes unsafe.Pointer
	n     int
}

func lastingOf(v *Value) lasting {
	return lasting{unsafe.Pointer(unsafe.SliceData(v.Bytes)), len(v.Bytes)}
}

// run writes the value at work, which stays, and those behind it in its object that do, too. It returns the slot behind
// them.
func (v *piecePacking) run() (end int) {
	first, pieces := v.slot, v.frame.pieces
	limit := min(len(pieces), first+maxRun)
	if v.final >= 0 {
		limit = min(limit, v.final)
	}
	same, size, hash := v.know, int(pieces[first].end-v.frame.start(first)), uint64(first)
	for end = first; end < limit; end++ {
		piece := &pieces[end]
		value := &v.e.values[piece.id]
		if !value.Lasting || piece.object != pieces[first].object {
			break
		}
		l := lastingOf(value)
		same = same && piece.last.bytes == l.bytes && int(piece.last.size) == l.n
		if size += l.n; end > first {
			size += int(piece.end - pieces[end-1].end)
		}
		hash = (hash ^ uint64(uintptr(l.bytes))) * mix
	}
	if same {
		v.sameRun(pieces[first:end], size)
		return end
	}
	known := &v.e.runs[hash>>(64-runBits)]
	if first > 0 && known.hash == hash && known.epoch == v.epoch && known.serial == v.frame.serial && v.knownRun(known, end) {
		return end
	}
	at := v.w.At() + v.back
	for slot := first; slot < end; slot++ {
		v.turnTo(slot)
		v.lasting()
	}
	if end > first+1 {
		*known = packedRun{hash: hash, epoch: v.epoch, serial: v.frame.serial, at: int32(at), size: int32(size), slot: int32(first), count: int32(end - first)}
		for i := range end - first {
			known.values[i] = lastingOf(&v.e.values[pieces[first+i].id])
		}
	}
	return end
}

// sameRun writes values that are all those of last time.
func (v *piecePacking) sameRun(pieces []piece, size int) {
	now := int32(v.w.At() + v.back)
	at := pieces[0].last.at
	v.w.Copy(int(at)-v.back, v.back+size)
	v.back = 0
	for i := range pieces {
		pieces[i].last.at += now - at
	}
}

// knownRun writes a run that the block has already. It reports false if the known one is another.
func (v *piecePacking) knownRun(known *packedRun, end int) bool {
	pieces := v.frame.pieces[v.slot:end]
	if int(known.slot) != v.slot || int(known.count) != len(pieces) {
		return false
	}
	for i := range pieces {
		if known.values[i] != lastingOf(&v.e.values[pieces[i].id]) {
			return false
		}
	}
	if v.back > 0 {
		v.w.LiteralByte('"')
		v.back = 0
	}
	at := v.w.At()
	v.w.Copy(int(known.at), int(known.size))
	from := v.frame.start(v.slot)
	for i := range pieces {
		l := &pieces[i].last
		l.forget(v.e.values[pieces[i].id].Kind)
		l.bytes, l.size, l.at = known.values[i].bytes, int32(known.values[i].n), int32(at)
		at += int(pieces[i].end-from) + known.values[i].n
		from = pieces[i].end
	}
	return true
}

// places are where values were written last in the block at work, by their bytes.
type places [1 << placeBits]packedPlace

type packedPlace struct {
	lasting
	epoch uint32
	at    int32
}

// lasting writes one value that stays.
func (v *piecePacking) lasting() {
	l := lastingOf(v.value)
	place := &v.e.places[uint64(uintptr(l.bytes))*mix>>(64-placeBits)]
	v.before(0)
	at := v.w.At()
	if place.lasting == l && place.epoch == v.epoch && l.n > shortFar {
		v.w.Copy(int(place.at), l.n)
	} else {
		v.w.Literal(v.value.Bytes)
		*place = packedPlace{l, v.epoch, int32(at)}
	}
	v.last.forget(v.value.Kind)
	v.last.bytes, v.last.size = l.bytes, int32(l.n)
}
