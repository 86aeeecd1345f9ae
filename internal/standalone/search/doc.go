// Package search is the embedded search store: SQLite FTS5 behind the part of Elasticsearch's REST API that the indexer
// and the search API use. It is a default for one machine, not a rival to Elasticsearch.
//
// Promise: a bulk item is answered only after its document is on disk; kill -9 at any moment loses nothing that was
// answered. `create` with an _id that the index has is answered 409, across restarts too. That rests on one thing: an
// _id never comes with another @timestamp, because a document is looked for on the day it belongs to. Event ids and
// documents are functions of the raw record, so the same id has the same time by construction. The action `index`
// looks on all days. `_source` comes back byte for byte.
//
// The store is a folder: catalog.json (indices and templates) and one SQLite file for each day of @timestamp (package
// volume). The index of a document is kept with it; deleting an index forgets its UUID, which hides its documents at
// once, and the files of a day go, with their space, when the last index that has documents in it is deleted. Nothing is
// removed by age: how long an index is kept is the matter of who deletes it (the indexer, by the retention in the index's
// mapping).
//
// A volume that is damaged, or of another format, takes away its own documents only. The store opens without it, answers
// tell of it as of a shard that failed, and new documents of its day go to another volume; its file is left as it is. Of
// what a damaged volume had, a document that is sent again may be there twice once the file is repaired. A catalogue that is
// lost is restored from the one before it and from the volumes.
//
// What the query language can say is in package dsl; all else is answered with a 400 that names it. Filters that no
// index of a volume answers are decided by reading documents, up to Options.MaxScan for one search, then refused.
//
// Open starts one goroutine, which does all writing; concurrent bulk requests share its commits. Close ends it. Requests
// run on the goroutines of the HTTP server; bulk requests and searches beyond Options' limits wait for their turn.
package search
