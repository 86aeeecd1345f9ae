// Package suggest studies lines of an unknown kind and proposes how to parse them:
// what all of them begin with (a time, a level, a thread, a logger), and the templates
// that their messages are made from. It is pure and promises nothing but a start: a
// person reads, names and keeps what is good.
//
// Templates are found as in Drain (P. He et al., "Drain: An Online Log Parsing Approach
// with Fixed Depth Tree", ICWS 2017): messages of equal length in words whose first
// words agree are compared word by word; a message joins the template that most of its
// words agree with, and the words that differ become variable.
package suggest
