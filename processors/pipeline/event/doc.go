// Package event holds one event while a pipeline works on it, and writes it as one JSON document.
//
// An [Event] is a flat set of fields. Each field has a path such as "http.response.status_code", interned to an [ID] in a
// [Schema]; its [Value] sits in the slot of that ID and usually points into the line it was cut from. The schema keeps all
// paths in document order, so that writing the nested ECS document is one pass over the fields that are present: no map, no
// sorting and no allocation per event once the paths of a stream of events are known.
//
// [Event.Append] writes the document as text. [Event.Pack] writes the same text as LZ4, into a block of other documents: what
// stands there already is not written, searched or read again (see internal/packed).
//
// What it promises of the document:
//   - it is always valid JSON on one line; no object has the same key twice;
//   - control characters are escaped; bytes that are not UTF-8 become U+FFFD and the event gets the tag [TagInvalidUTF8];
//   - a path that is a leaf in an event where it also has children (a and a.b) moves to a.value, or to the first free of
//     a.value_2, a.value_3, …; so nothing is lost and the outcome depends on the event alone;
//   - empty path segments are written "_"; a path has at most [MaxDepth] segments, and the rest of it stays in the last one.
//
// Nothing here is safe for concurrent use. Bytes given to an event must stay unchanged until it has been written.
package event
