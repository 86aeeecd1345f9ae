// Package document reads one JSON document: its leaves by dotted path and its time, by which the live tail and the
// embedded search store match it, and the tokens under which that store's full-text search finds it.
//
// Objects may be nested or have dotted keys; both give the same paths. Arrays give one leaf for each element. The whole
// text is checked to be valid JSON, as deep as MaxDepth, and is never changed: what was stored is what comes back.
//
// The package is pure. A Parser is used by one goroutine at a time; documents hold slices of the text they were read
// from. The tokens of a document are a function of its bytes: the store relies on that to remove a document from the
// full-text index, so a change of the functions here needs a new volume format.
package document
