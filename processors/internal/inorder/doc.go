// Package inorder stands between sarama's consumer group and goka and makes goka's
// commits safe.
//
//	sarama group ─► Group (own session loop) ─► handler ─► goka.Processor
//	    ▲                                         │  messages through claim
//	    └── finished prefix ◄── window ◄─── session ◄── marks
//
// Goka marks a record when what it led to is written, and sarama commits the
// highest mark: a crash would lose the records below it that are not finished yet.
// Here a mark goes on to sarama only when all earlier records of the partition are
// finished too. What is delivered and not finished is bounded by a window for
// each partition; when one is full its partition waits.
//
// A session that ends is given a grace to finish what is under way. Then its marks
// are frozen and its emits given up, so that it ends and its records are delivered
// again. Records may be delivered twice, and none is skipped.
//
// [Group] owns its goroutines: forwarders end with their claim, the error reader
// with Close.
package inorder
