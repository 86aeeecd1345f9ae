package wire

import "fmt"

// Refusal is why a server and we do not come together, as one line for people.
// Waiting does not cure it: an operator must act, here or there.
type Refusal struct { //nolint:errname // reads better where it is made and told
	Server string // kafka, etcd or elasticsearch: also the section of the settings
	Addr   string // host:port or URL, may be empty
	What   string // what is wrong
	Do     string // what to do about it
	Err    error  // what the library said, not part of the line
}

// Error is the line.
func (r *Refusal) Error() string {
	where := r.Server
	if r.Addr != "" {
		where += " at " + r.Addr
	}
	return fmt.Sprintf("%s: %s; %s", where, r.What, r.Do)
}

// Unwrap is what the library said.
func (r *Refusal) Unwrap() error { return r.Err }
