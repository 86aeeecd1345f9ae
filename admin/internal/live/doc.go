// Package live follows the app topics for everybody who watches them now.
//
//	app topics ──► reader ──► dispatcher ──► tail ──► its browser
//	              (one for all tails)   └──► tail ──► its browser
//
// A tail gets the lines that its filter admits, from the moment it is opened on, each
// at most once and in the order of its partition. It is a view and promises no more:
// what a slow browser, or a reader that falls behind, cannot take is left out and
// counted, so that no tail holds up another, and nothing here holds up the processors.
// Nothing is committed to Kafka; no tail outlives the process.
//
// A Hub reads nothing while nobody watches: its consumer starts with the first tail and
// ends some seconds after the last, and it reads only the topics that somebody asked
// for. Hub.Run owns all goroutines.
package live
