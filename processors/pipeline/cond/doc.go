// Package cond compiles the conditions of pipeline steps. The language is expr-lang's, over the fields of an event:
//
//	http.response.status_code >= 500 and not (url.path startsWith "/health")
//	log.level in ["error", "fatal"] or labels["team-name"] == "shop"
//
// What differs from plain expr, so that a condition is a function of the event and cannot fail on a field that is missing:
//
//   - a path names a field however deep; a missing field is nil. Names that are no identifiers are written
//     $env["@timestamp"] or a["b-c"]; a leading "ctx." is allowed, as in Elastic's pipelines;
//   - < <= > >= contains startsWith endsWith matches are false where one side is nil; between text and a number they are errors;
//   - there is no clock, no randomness and no function whose order of results is not defined; ranges stand only behind "in",
//     and loops do not nest, so that no line can keep a condition busy.
//
// The common shapes run without allocation; the rest run on expr's virtual machine. A Cond may be shared by goroutines.
package cond
