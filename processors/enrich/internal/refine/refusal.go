package refine

import "fmt"

// Reasons of the dead letters that enrich makes: fixed words, fit for labels.
// The first five refuse a whole record, the others single events of one.
const (
	// ReasonNoManifest: the record lacks the header record.Header. Somebody who
	// is neither an agent nor adopt writes to the raw topic.
	ReasonNoManifest = "no_manifest"
	// ReasonManifest: the manifest cannot be read or does not fit the value.
	ReasonManifest = "bad_manifest"
	// ReasonVersion: the manifest is of a version that this program does not
	// know. Upgrade, then drive the dead letters again.
	ReasonVersion = "manifest_version"
	// ReasonKey: the record's key is not the host that its manifest names.
	ReasonKey = "wrong_key"
	// ReasonPartition: the record is not in the partition that its key belongs
	// to. Processing it would put the host's state where nobody finds it.
	ReasonPartition = "wrong_partition"

	// ReasonHost: the selector of the revision does not cover the host.
	ReasonHost = "host_not_covered"
	// ReasonUnknown: etcd has not known the revision for Config.RevisionWait.
	ReasonUnknown = "unknown_revision"
	// ReasonRevision: the revision is there and cannot be used: its config or
	// pipeline does not compile here. Upgrade, then drive the letters again.
	ReasonRevision = "bad_revision"
	// ReasonCharset: the bytes are in an encoding that this program lacks.
	ReasonCharset = "charset"
	// ReasonPipeline: the program itself failed on the event: a bug of ours.
	ReasonPipeline = "pipeline"
	// ReasonTooLarge: the event fits no batch, although pipelines bound their
	// documents: its path or writer is absurdly long.
	ReasonTooLarge = "too_large"
)

// DropPipeline is the reason of events that a drop step ended.
const DropPipeline = "pipeline"

// Refusal says why a record or an event cannot be processed.
type Refusal struct {
	Reason string // one of the constants
	Cause  string // for people
}

func refuse(reason, format string, args ...any) *Refusal {
	return &Refusal{Reason: reason, Cause: fmt.Sprintf(format, args...)}
}
