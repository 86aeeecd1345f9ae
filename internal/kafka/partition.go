package kafka

import (
	"hash"
	"hash/fnv"

	"github.com/millrace/millrace/schemas/topic"
)

// Hasher is goka's hash of keys, FNV-1a of 32 bits. Records and tables meet in one
// partition only if every producer uses it.
func Hasher() hash.Hash32 { return fnv.New32a() }

// Partition is the partition among n in which our producers put a key.
func Partition(key []byte, n int32) int32 { return topic.Partition(key, n) }
