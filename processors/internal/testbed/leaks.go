package testbed

import "go.uber.org/goleak"

// Leaks are goroutines of libraries that outlive their owners.
func Leaks() []goleak.Option {
	return []goleak.Option{
		// sarama's meters tick for ever, one goroutine for the whole process
		goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"),
		// leveldb's buffer pool ends a second after Close
		goleak.IgnoreTopFunction("github.com/syndtr/goleveldb/leveldb.(*DB).mpoolDrain"),
		// etcd's server merges two loggers for as long as the process lives
		goleak.IgnoreTopFunction("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"),
	}
}
