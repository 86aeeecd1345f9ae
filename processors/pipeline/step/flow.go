package step

// Flow says which fields a step reads and writes, and whether what it does may change over time: a look-up in a table that is
// refreshed gives the same line another answer tomorrow. The pipeline follows it to make sure that nothing of the kind
// decides the app, the index or a drop. An empty path in Writes stands for fields that only the line names.
type Flow struct {
	Reads, Writes []string
	Varies        bool
}
