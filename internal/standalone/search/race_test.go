//go:build race

package search

// slowdown divides the size of the larger tests: SQLite is more than 20 times slower under the race detector.
const slowdown = 3
