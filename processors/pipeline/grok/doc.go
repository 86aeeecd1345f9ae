// Package grok matches text with named patterns, as Logstash's and Elastic's grok do: %{IPORHOST:source.address} stands for
// a pattern of the library and the field its text goes to, %{NUMBER:took:float} also names a type, (?<name>…) is a group of
// the user's own.
//
// A pattern becomes one regular expression of RE2, so that no line can keep it busy. Beside it stands a scanner, where the
// expression has a shape for one: it walks the line once and takes at each part the choice that the expression prefers. A
// scanner that gets through has found the very match of the expression, for that is the first in the same order of choices;
// one that gets stuck where another choice was possible leaves the line to the expression. So the two always agree, and a
// fuzz test holds them to it.
//
// Looking ahead and behind is not possible; the patterns of the library do without. A Pattern may be shared by goroutines.
package grok
