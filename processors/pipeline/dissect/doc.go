// Package dissect cuts text by a pattern of keys and the literal text between them, as Elastic's and Logstash's dissect do:
//
//	%{client} [%{when}] "%{verb} %{path}" %{+rest/2} %{+rest/1}
//
// A key takes everything up to the first occurrence of the literal that follows it; the last one takes the rest. Text behind
// a literal that ends the pattern is ignored. The modifiers:
//
//	%{key->}      the literal behind the key may repeat (padding)
//	%{+key}       appends to the value of key; %{+key/n} gives the place among those appended
//	%{} %{?key}   skips
//	%{*k} %{&k}   the text of the one is the name, the text of the other the value
//
// A pattern is compiled once and then matches without allocation.
package dissect
