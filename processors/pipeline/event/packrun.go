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

// packedRun is where a run of values that stay stood in a block, with the text between them.
type packedRun struct {
	hash     uint64
	epoch    uint32
	at, size int32
	count    int32
	fields   [maxRun]ID
	values   [maxRun]lasting
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
	same, size, hash := v.know, 0, uint64(0)
	for end = first; end < limit; end++ {
		piece := &pieces[end]
		value := &v.e.values[piece.id]
		if !value.Lasting || piece.object != pieces[first].object {
			break
		}
		l := lastingOf(value)
		same = same && piece.last.bytes == l.bytes && int(piece.last.size) == l.n
		size += int(piece.end-v.frame.start(end)) + l.n
		hash = (hash ^ uint64(uintptr(l.bytes)) ^ uint64(piece.id)) * mix
	}
	if same {
		v.sameRun(pieces[first:end], size)
		return end
	}
	if end == first+1 {
		v.lasting()
		return end
	}
	size -= len(v.text)
	run := &v.e.runs[hash>>(64-runBits)]
	if run.hash == hash && run.epoch == v.epoch && run.is(v, pieces[first:end]) {
		v.knownRun(run, pieces[first:end])
		return end
	}
	*run = packedRun{hash: hash, epoch: v.epoch, size: int32(size), count: int32(end - first)}
	for slot := first; slot < end; slot++ {
		v.turnTo(slot)
		v.lasting()
		run.fields[slot-first], run.values[slot-first] = pieces[slot].id, lastingOf(v.value)
	}
	run.at = int32(v.w.At() - size)
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

// is reports whether the run has the fields and the values of pieces.
func (r *packedRun) is(v *piecePacking, pieces []piece) bool {
	if int(r.count) != len(pieces) {
		return false
	}
	for i := range pieces {
		if r.fields[i] != pieces[i].id || r.values[i] != lastingOf(&v.e.values[pieces[i].id]) {
			return false
		}
	}
	return true
}

// knownRun writes values of which the block has all together already, maybe behind another field.
func (v *piecePacking) knownRun(run *packedRun, pieces []piece) {
	v.before(0)
	at := v.w.At() - len(v.text)
	v.w.Copy(int(run.at), int(run.size))
	from := v.frame.start(v.slot)
	for i := range pieces {
		l := &pieces[i].last
		l.forget(v.e.values[pieces[i].id].Kind)
		l.bytes, l.size, l.at = run.values[i].bytes, int32(run.values[i].n), int32(at)
		at += int(pieces[i].end-from) + run.values[i].n
		from = pieces[i].end
	}
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
