package enrich

import "github.com/millrace/millrace/processors/enrich/internal/refine"

// Reasons of dead letters that refuse a whole record.
const (
	// ReasonNoManifest: the record has no header "m". Somebody who is neither an
	// agent nor adopt writes to the raw topic: let them write to a topic of their
	// own and name it in a collection.
	ReasonNoManifest = refine.ReasonNoManifest
	// ReasonManifest: the manifest cannot be read or does not fit the value.
	ReasonManifest = refine.ReasonManifest
	// ReasonVersion: the manifest is of a version that this program does not
	// know. Upgrade, then drive the dead letters again.
	ReasonVersion = refine.ReasonVersion
	// ReasonKey: the record's key is not the host that its manifest names.
	ReasonKey = refine.ReasonKey
	// ReasonPartition: the record is not in the partition that its key belongs
	// to; its producer uses another partitioner than goka's.
	ReasonPartition = refine.ReasonPartition
)

// Reasons of dead letters that hold single events of a record.
const (
	// ReasonHost: the selector of the revision does not cover the host.
	ReasonHost = refine.ReasonHost
	// ReasonUnknown: etcd has not known the revision for Config.RevisionWait.
	// Put the collection back, then drive the dead letters again.
	ReasonUnknown = refine.ReasonUnknown
	// ReasonRevision: the revision's config or pipeline does not compile here. It
	// was written by a newer version: upgrade, then drive the letters again.
	ReasonRevision = refine.ReasonRevision
	// ReasonCharset: the bytes are in an encoding that this program lacks.
	ReasonCharset = refine.ReasonCharset
	// ReasonPipeline: the program itself failed on the event: a bug of ours.
	ReasonPipeline = refine.ReasonPipeline
	// ReasonTooLarge: the event fits no batch, although pipelines bound their
	// documents: its path or writer is absurdly long.
	ReasonTooLarge = refine.ReasonTooLarge
)
