// Package find turns the globs of collections into files, and tells when
// something may have happened to one.
//
// Change notices (inotify on directories) make it fast; a scan of all globs every
// so often makes it right where notices are missing, late or lost. Both report
// the same [Event]s, so whoever listens cannot tell them apart.
//
// The host's owner has the last word: [Allow] opens files, and refuses whatever
// does not lie under the allowed paths once it is open, whichever way a path led
// there. A [Finder] has two goroutines, both ended by Run.
package find
