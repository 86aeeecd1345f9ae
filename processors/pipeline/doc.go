// Package pipeline turns the raw bytes of one event, and what is known of them, into one ECS document. It is pure: no
// Kafka, clock, disk, log or goroutine. The enrich processor runs it on every line; the admin validates configs and dry-runs
// lines with it.
//
//	p, problems := pipeline.Compile(config.Pipeline, "pipeline")
//	r := p.NewRunner()                  // one per goroutine
//	doc, result := r.Run(doc[:0], &in)  // one JSON line without newline
//
// The same input gives the same document, app, level and time, always: conditions have no clock and no randomness.
//
// # What becomes of a failure
//
// No line is lost. A step that fails leaves the event's fields as they were. Then, in this order:
//
//   - ignore_failure: the next step runs;
//   - on_failure: its steps run, with _ingest.on_failure_message, _ingest.on_failure_processor_type and
//     _ingest.on_failure_processor_tag readable; if they succeed the pipeline goes on as if nothing had happened, and if one
//     of them fails that counts as the failure;
//   - else the remaining steps do not run, and the event is indexed with message as it was, the whole line in
//     event.original, error.message (which step and why), and the tag _<step>_failure or the step's own tag.
//
// An event goes to the dead letters only where the program itself is at fault: a step panicked.
//
// # Time, level, parts
//
// @timestamp is the time the steps found, else the time the line was read. A time more than a day after the read time is a
// broken clock: @timestamp becomes the read time, reported.timestamp keeps the other, and the tag _future_timestamp says so.
// One more than a day before it keeps its time and has the tag _late.
//
// log.level holds the source's own word in lower case (a number of pino or syslog becomes its name). [Result].Level is the
// same in one small vocabulary, see [format.Level].
//
// A line longer than a raw record comes in parts. Each is an event with log.part.index, log.part.last and the tag
// log.part; only the first goes through the steps, the others carry their bytes in message.
//
// # Size
//
// A document has at most [MaxDocument] bytes. One that is larger loses, in this order and only as far as it must: an
// event.original that says the same as message; what the steps set, but for time and level, with the tag
// _document_too_large; the end of the line, with the tag _message_cut. A line of 256 KiB of text always fits whole.
//
// # What steps may not touch
//
// service.name, service.environment, log.file.path, log.offset, event.created, ecs.version, agent.*, millrace.*, log.part.*
// say where an event came from and where it goes. A step that names one as its target is refused; a line that brings one
// (a JSON logger's own service.name) keeps it under reported.*.
package pipeline
