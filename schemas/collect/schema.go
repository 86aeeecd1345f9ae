package collect

import _ "embed"

// Schema is the JSON Schema (draft 2020-12) of a collection config. It says
// what Parse takes, for editors and for the API's description; Parse itself is
// the authority and gives the better messages.
//
//go:embed collection.schema.json
var Schema []byte
