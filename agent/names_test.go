package agent_test

import (
	"os"
	"testing"
	"time"
)

// A file may have several names, by hard links or mounts, and notices of what is written to
// it tell the one that its writer uses. It must not matter which one it is collected by.
func TestAFileIsReadAtOnceByWhateverNameItIsWrittenTo(t *testing.T) {
	b := newBench(t)
	b.cfg.ScanEvery = time.Hour // none but what the collection asks for
	b.append("app.log", "one\n")
	must(t, os.Link(b.path("app.log"), b.path("other.log")))
	b.collect("c", nil, "*.log")
	b.start()
	b.wantLines([]string{"one"})
	b.append("app.log", "two\n")
	b.wantLines([]string{"one", "two"})
	b.append("other.log", "three\n")
	b.wantLines([]string{"one", "two", "three"})
}
