// Package lint holds the rules of this repository's layout that no linter
// knows, as tests: which folder may import which, that every package says what
// it promises, and how long a file may be. It has no code of its own.
package lint
