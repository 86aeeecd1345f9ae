// Package store is where collections live: in etcd, under the keys of
// schemas/collect.
//
// A change is one transaction, conditional on what the caller has seen; of two
// callers who have seen the same, exactly one succeeds. What was published is never
// half there, and a revision, once written, is never changed or removed: raw
// records name it for as long as they exist.
package store
