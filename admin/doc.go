// Package admin is the HTTP API of Millrace: collections, search, agents, hosts.
//
// It is the only writer of collections. A change is one etcd transaction that
// publishes the new head, the immutable revision and what agents may see of it, so
// nobody ever sees half of a change, and the app's topic is there before. It keeps
// nothing itself and loses nothing when it is killed. It never touches a record:
// with the admin gone, logs go on flowing.
//
// Loopback is not a fence: every request's Host and Origin are checked, and its
// token where one is set (see internal/guard). Run owns all goroutines.
package admin
