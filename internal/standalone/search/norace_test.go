//go:build !race

package search

// slowdown divides the size of the larger tests, see race_test.go.
const slowdown = 1
