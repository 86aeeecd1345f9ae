// Package query is the text that people type into a search box: a subset of Lucene's query syntax, parsed once into a
// tree that becomes Elasticsearch DSL (ToDSL) or is matched against a document in memory (Match).
//
//	word  "a phrase"  field:value  field:"a phrase"  field:(a OR b)
//	a b  a AND b  a OR b  NOT a  -a  +a  (a OR b) AND c
//	check*  us?r  field:ab*c  field:*  _exists_:field
//	field:[1 TO 5]  field:{1 TO 5}  field:[1 TO *]  field:>=500
//	source.ip:203.0.113.0/24  source.ip:2001:db8::/32  source.ip:10.1.*
//
// Words without a field are looked up in `message`, which is analysed: words are compared without case and punctuation.
// Every other field is a keyword and is compared exactly; in fields named ip addresses are compared as such, however they
// are written, and networks hold theirs. Terms side by side must all match (AND), which binds tighter
// than OR; NOT binds tightest. A backslash takes the next character literally. What other query languages have and this
// one does not (regular expressions, ~, ^, operators in lower case between fields) is refused with what to write instead.
//
// The package is pure: it holds no state and starts nothing. Parse never panics and bounds what it accepts; an error is
// always an *Error that says what is wrong and in which column. Both back ends are given the same meaning: the
// embedded search store and Elasticsearch are tested to find what it matches.
package query
