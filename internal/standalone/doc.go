// Package standalone runs the servers that Millrace needs on one machine, inside
// this process: Kafka (kfake), etcd and the search store, each behind a password
// on a loopback port, all data in one folder that one process may have.
//
// They speak the protocols of the real servers, so nothing else knows that they
// are embedded. What they acknowledged survives kill -9 of the process; a power
// failure may take the last records of Kafka. They are for one machine and have no
// second copy. Topics keep records as their plan says; documents stay until the
// indexer deletes their index, and the files of a day go with its last index. Start
// owns all goroutines; Close ends them, in order.
package standalone
