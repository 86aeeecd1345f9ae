// Package dsl reads the body of an Elasticsearch search into a small algebra and says what it means for one document.
//
// The package is pure. It knows a part of the query DSL; what it does not know is refused with an *Error that bears
// Elasticsearch's type and names the part, never ignored, so that an answer is either right or an error. Match is the
// definition of the algebra's meaning; the volumes answer faster and are tested to agree.
//
// Without mappings, the kinds of fields follow from their names and values: message is text, @timestamp a date, all
// others keywords, numbers or booleans as they stand in the document. New clauses are added in the tables `clauses`
// (queries) and `aggregations`.
package dsl
