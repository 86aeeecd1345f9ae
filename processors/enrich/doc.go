// Package enrich turns raw records into documents: raw topic in, one topic of
// event batches for each app out, the host table beside it.
//
//	raw ─► refine.Open ─► revisions.Store ─► refine.Worker ─┬─► logs.<app>
//	       (manifest,     (memory, disk,    (events,        ├─► enrich-table
//	        key, place)    etcd)             pipeline,      └─► dead.raw
//	                                         batches)
//
// # Promises
//
// Every event of a raw record ends in exactly one of three: in a batch of its
// app, dropped by a drop step and counted, or in a dead letter. A record may be
// processed again after a crash; it then leads to the same batches, byte for
// byte, with the same event ids and indices, because they depend on the record
// and the revision it names alone. The host table counts a record once however
// often it comes (processors.Window).
//
// The pipeline that applies to an event is that of the revision its segment
// names, never the newest. A revision that etcd does not know is waited for
// (Config.RevisionWait, a minute); while etcd does not answer at all the
// partition waits without end. Both hold up the one partition, not the others.
//
// Ranges that the agent skipped or could not read carry no events. They are
// counted in metrics and in the host table, and nowhere else yet.
//
// # Dead letters
//
// Nothing stops for a bad record. It goes to dead.raw as a raw record again,
// reduced to the events that failed, with its cause. Written back to the raw
// topic it is processed as if it came late, but not counted in the host table: its
// sequence number has been counted. The reasons, each with what to do, are the
// constants Reason… of this package, and those of package processors:
//
//	no_manifest, bad_manifest, manifest_version,      the whole record
//	wrong_key, wrong_partition
//	host_not_covered, unknown_revision, bad_revision, single events
//	charset, pipeline, too_large
//	panic, table, too_big, refused                    the whole record (processors)
//
// # Large documents
//
// A batch closes at batch.MaxBytes; the batches that one record makes for one app
// are numbered. A single document always fits, because pipelines cut those that
// would not (pipeline.MaxDocument); the raw topic has the whole line.
//
// Run owns all goroutines; the step itself starts none.
package enrich
