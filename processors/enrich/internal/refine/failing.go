package refine

import "bytes"

// countsOf is the index of a collection's counts. There are few in a record.
func (o *Output) countsOf(collection string) int {
	for i := range o.Pipelines {
		if o.Pipelines[i].Collection == collection {
			return i
		}
	}
	o.Pipelines = append(o.Pipelines, PipelineCounts{Collection: collection})
	return len(o.Pipelines) - 1
}

// fail notes that the pipeline failed on the event at work.
func (w *Worker) fail(line []byte, cause string) {
	o := w.out
	o.Pipelines[w.counts].Failed++
	if len(o.Failing) == MostFailing {
		o.Failing = o.Failing[:copy(o.Failing, o.Failing[1:])]
	}
	o.Failing = append(o.Failing, Failing{
		Collection: w.rev.collection.Name, Path: w.segment.Path, Cause: cause,
		Line: bytes.Clone(line[:min(len(line), MaxFailing)]),
	})
}
