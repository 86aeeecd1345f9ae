// Package stagebeat tells the stages topic what passes through the stages of a process
// (see schemas/stage).
//
// What a stage counts are its metrics; this package reads them from the process's
// registry every two seconds, so that counting has one place, and knows by name which
// metrics mean what. A beat that cannot be written is dropped: the next one says more.
// Run owns all goroutines and touches nothing but its own producer.
package stagebeat
