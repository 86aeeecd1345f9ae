// Package etcd is the plumbing to reach etcd: one configuration, one way to dial
// and one way to follow a prefix.
//
// [Follow] promises that its caller sees the newest state of the prefix in the
// end, whatever happens to connections, watches or old revisions in between. It
// does not promise every state on the way: a burst of changes is one call.
// [Follow] runs in its caller's goroutine; a client owns its own goroutines until
// it is closed.
package etcd
