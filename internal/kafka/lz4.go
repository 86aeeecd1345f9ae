package kafka

import "github.com/pierrec/lz4/v4"

// Records are compressed without lz4's own checksum of their content. Kafka guards each
// record batch, which holds the frame, with a CRC; lz4's would be computed by the
// producer and again by every consumer, a tenth of what each of them costs. Sarama has
// no setting for it, but makes its writers with the default of the lz4 package. It is
// set before main begins, because everything else that uses lz4 reads it unlocked.
var _ = plainFrames()

func plainFrames() struct{} {
	lz4.DefaultChecksumOption = lz4.ChecksumOption(false)
	return struct{}{}
}
