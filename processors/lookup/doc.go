// Package lookup keeps what the steps lookup and geoip ask: tables from CSV and JSON files, from SQL and from compacted Kafka
// topics, and databases of places (mmdb). It is the shell around packages table and geo of the pipeline.
//
// A file is read again when it changes, a query runs again on its timer, a topic is followed; the new table takes the place
// of the old one at once and whole. Where that fails the old one stays, however old, and the failure is logged; until a first
// copy is there the steps tag their events. Nothing here can stop or lose an event, and what a table says never decides where
// an event goes. Run owns all goroutines.
package lookup
