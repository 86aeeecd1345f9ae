// Package input takes events that come over the network or from other programs, and
// writes them to spools (agent/internal/spool), one for each input. From there the
// agent ships them as it ships files.
//
// What it promises: what a sender was told is taken is in the spool, and then reaches
// Kafka once. When a spool is full nothing is thrown away that can wait: TCP and
// journald are not read any further, HTTP is answered with 503. What comes over UDP
// cannot wait; it is dropped and counted. What was read of a TCP connection and not
// yet written is lost with a kill of the agent, as the protocol has no
// acknowledgements; of HTTP and journald nothing is.
//
// [New] opens the spools and starts nothing. [Set.Run] owns every goroutine. An input
// that fails, as when its port is taken, is tried again and says so in the status.
package input
