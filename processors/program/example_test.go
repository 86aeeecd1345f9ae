package program_test

import (
	"os"

	"github.com/millrace/millrace/processors/examples/failures"
	"github.com/millrace/millrace/processors/examples/requests"
	"github.com/millrace/millrace/processors/program"
)

// This is the whole main function of a program of extra processors.
func Example() {
	main := func() {
		os.Exit(program.Main(requests.Processor, failures.Processor))
	}
	_ = main // run by the user, not by this test
}
