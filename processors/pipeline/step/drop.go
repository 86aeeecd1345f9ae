package step

func dropSpec() Spec {
	return Spec{
		Name:    "drop",
		Summary: "Ends the event: it is counted, and not indexed. Without \"if\" it drops all that reach it.",
		Example: `{"drop": {"if": "url.path == \"/healthz\""}}`,
		compile: func(*Build) Step { return dropStep{} },
	}
}

type dropStep struct{}

func (dropStep) Run(*Context) error { return ErrDrop }

// Drops says that the step may drop events.
func (dropStep) Drops() {}
