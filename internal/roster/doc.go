// Package roster says in etcd which processes of server roles are there, and has one
// of them do what must be done by one at a time.
//
// [Roster.Run] keeps the member's key while the process lives. [Roster.Lead] runs a
// duty while this process leads it; its ctx ends when the leadership may be lost, and
// another process takes over when the lease ends at the latest. Two leaders can
// overlap for moments, as with every lease: duties must bear that, and ours do (what
// they make or delete is made or deleted by name).
//
// Without etcd there is no leader: duties wait, and nothing else does. Run and Lead
// run in their callers' goroutines; the session in between belongs to Run.
package roster
