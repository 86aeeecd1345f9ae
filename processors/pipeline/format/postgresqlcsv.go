package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// The columns of csvlog behind the time; the last ones came with later releases.
const (
	pgUser = iota + 1
	pgDatabase
	pgPID
	pgClient
	pgSession
	pgSessionLine
	pgCommandTag
	pgSessionStart
	pgVirtualTransaction
	pgTransaction
	pgSeverity
	pgState
	pgMessage
	pgDetail
	pgHint
	pgInternalQuery
	pgInternalPosition
	pgContext
	pgQuery
	pgQueryPosition
	pgLocation
	pgApplication
	pgBackendType
	pgLeaderPID
	pgQueryID
	numPGColumns
)

// pgSocket stands for a client that came through a socket of the file system, and has no address.
const pgSocket = "[local]"

// pgPaths are the fields of the columns that are just text.
var pgPaths = [numPGColumns]string{
	pgDatabase: "database", pgSession: "session_id", pgCommandTag: "command_tag", pgVirtualTransaction: "virtual_transaction_id",
	pgDetail: "detail", pgHint: "hint", pgInternalQuery: "internal_query", pgContext: "context", pgQuery: "query", pgLocation: "location",
	pgApplication: "application_name", pgBackendType: "backend_type", pgSessionStart: "session_start_time",
}

// parsePostgreSQLCSV reads a line of csvlog, whose time was read already.
func parsePostgreSQLCSV(in *Input, when event.Value) error {
	var columns [numPGColumns][]byte
	if n := cutCSV(in.Event, in.Line, columns[:]); n <= pgMessage || !isNumber(columns[pgPID]) {
		return errPostgreSQL
	}
	e := in.Event
	e.Set(event.Timestamp, when)
	for column, name := range pgPaths {
		if name != "" && len(columns[column]) > 0 {
			in.Scratch.path = append(append(in.Scratch.path[:0], "postgresql.log."...), name...)
			e.Set(e.Intern(in.Scratch.path), event.String(columns[column]))
		}
	}
	setText(e, event.UserName, columns[pgUser])
	setCount(e, event.ProcessPID, columns[pgPID])
	if client := columns[pgClient]; len(client) > 0 && string(client) != pgSocket {
		address, port := cutPort(client)
		setSource(e, address)
		setCount(e, event.SourcePort, port)
	}
	setText(e, event.LogLevel, columns[pgSeverity])
	setText(e, event.EventCode, columns[pgState])
	setOwnCount(e, "postgresql.log.session_line_number", columns[pgSessionLine])
	setOwnCount(e, "postgresql.log.transaction_id", columns[pgTransaction])
	setPostgreSQLMessage(e, columns[pgMessage])
	return nil
}

// cutCSV cuts a line into columns and returns how many there are; what is quoted may hold commas, line ends and "".
func cutCSV(e *event.Event, line []byte, columns [][]byte) (n int) {
	c := cursor{b: line}
	for n < len(columns) {
		if c.peek() == '"' {
			text, ok := csvText(e, &c)
			if !ok {
				return 0
			}
			columns[n] = text
		} else {
			columns[n] = c.while(func(b byte) bool { return b != ',' })
		}
		n++
		if !c.lit(",") {
			return n
		}
	}
	return n
}

func csvText(e *event.Event, c *cursor) (text []byte, ok bool) {
	start := c.i + 1
	doubled := false
	for i := start; i < len(c.b); i++ {
		if c.b[i] != '"' {
			continue
		}
		if i+1 < len(c.b) && c.b[i+1] == '"' {
			doubled = true
			i++
			continue
		}
		text, c.i = c.b[start:i], i+1
		if doubled {
			text = undouble(e, text)
		}
		return text, true
	}
	return nil, false
}

// undouble turns "" into ".
func undouble(e *event.Event, text []byte) []byte {
	buffer := e.Scratch()
	start := len(buffer)
	for i := 0; i < len(text); i++ {
		buffer = append(buffer, text[i])
		if text[i] == '"' {
			i++
		}
	}
	e.Keep(buffer)
	return buffer[start:len(buffer):len(buffer)]
}

// pgKeys are the keys of jsonlog and their fields.
var pgKeys = []rename{
	{"user", "user.name"},
	{"dbname", "postgresql.log.database"},
	{"remote_host", "source.address"},
	{"remote_port", "source.port"},
	{"session_id", "postgresql.log.session_id"},
	{"line_num", "postgresql.log.session_line_number"},
	{"ps", "postgresql.log.command_tag"},
	{"session_start", "postgresql.log.session_start_time"},
	{"vxid", "postgresql.log.virtual_transaction_id"},
	{"txid", "postgresql.log.transaction_id"},
	{"state_code", "event.code"},
	{"detail", "postgresql.log.detail"},
	{"hint", "postgresql.log.hint"},
	{"internal_query", "postgresql.log.internal_query"},
	{"context", "postgresql.log.context"},
	{"statement", "postgresql.log.query"},
	{"application_name", "postgresql.log.application_name"},
	{"backend_type", "postgresql.log.backend_type"},
	{"query_id", "postgresql.log.query_id"},
}

func parsePostgreSQLJSON(in *Input) error {
	if !bytes.Contains(in.Line, []byte(`"error_severity"`)) {
		return errPostgreSQL
	}
	if err := parseJSON(in); err != nil {
		return err
	}
	e := in.Event
	renameAll(e, pgKeys)
	if v := e.Get(event.SourceAddress); v != nil && v.IsText() {
		if string(v.Text()) == pgSocket {
			e.Remove(event.SourceAddress)
		} else {
			setSource(e, v.Text())
		}
	}
	if v := e.Get(event.Message); v != nil && v.IsText() {
		setPostgreSQLMessage(e, v.Text())
	}
	return nil
}

// rename gives the field of a line another path.
type rename struct{ from, to string }

func renameAll(e *event.Event, list []rename) {
	for _, r := range list {
		id := e.Lookup(r.from)
		if v := e.Get(id); v != nil {
			value := *v
			e.Remove(id)
			setOwn(e, r.to, value)
		}
	}
}
