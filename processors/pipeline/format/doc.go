// Package format recognises the lines of well-known log formats and gives their parts the names of the Elastic Common
// Schema. A format either understands a line and sets its fields, or returns an error and has changed nothing.
package format
