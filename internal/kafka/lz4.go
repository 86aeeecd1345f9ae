package kafka

import (
	"sync"

	"github.com/pierrec/lz4/v4"
)

// plainFrames has sarama write lz4 frames without a checksum of their content.
// Kafka guards each record batch, which holds the frame, with a CRC of its own;
// lz4's would be computed by the producer and again by every consumer, a tenth of
// what each of them costs. Sarama has no setting for it, but makes its writers with
// the default of the lz4 package. Once, because the default is shared.
var plainFrames = sync.OnceFunc(func() { lz4.DefaultChecksumOption = lz4.ChecksumOption(false) })
