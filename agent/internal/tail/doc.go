// Package tail reads the files that were found and turns them into records.
//
// One goroutine owns all files: it takes what the finder tells, reads a block of
// one file after the other, closes a record when it is full or old enough, writes
// its intent, and hands it to the shipper. It reads only while fewer than
// [ship.InFlight] records and UnackedBytes are under way; when Kafka is down
// the files are the buffer. It waits, too, while the process takes more CPU time than it
// may.
//
// What can lose data: a file that is truncated or deleted before it was read (a
// gap segment tells of it; where nobody knows whether it held more, as where it went while
// the agent was down, of no length). What can repeat data: a
// crash, and then with the same records. No line is held in memory between two
// turns: what is not shipped is read again. Of a compressed file the plain bytes of one
// block are, and of one such file at a time.
package tail
