package wiretest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/wire"
)

// AnswerWithin is how soon whoever set something wrongly must know.
const AnswerWithin = 10 * time.Second

// Refused runs a probe and checks that it says, soon and in one line, why a server
// refuses us: "WHO: " and what begins with want. With an empty want the server must let
// us in.
func Refused(t testing.TB, probe func(context.Context) error, who, want string) {
	t.Helper()
	err := timed(t, probe)
	if want == "" {
		if err != nil {
			t.Errorf("error %v", err)
		}
		return
	}
	if err == nil || !errors.As(err, new(*wire.Refusal)) || !strings.HasPrefix(err.Error(), who+": "+want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("said %v", err)
	}
}

// Unreachable runs a probe of an address at which nobody answers and checks that it says
// so, soon, and does not take it for a refusal.
func Unreachable(t testing.TB, probe func(context.Context) error, addr string) {
	t.Helper()
	err := timed(t, probe)
	if err == nil || errors.As(err, new(*wire.Refusal)) || !strings.Contains(err.Error(), addr) {
		t.Errorf("said %v", err)
	}
}

func timed(t testing.TB, probe func(context.Context) error) error {
	t.Helper()
	began := time.Now()
	err := probe(t.Context())
	if took := time.Since(began); took > AnswerWithin {
		t.Errorf("it took %v", took)
	}
	return err
}
