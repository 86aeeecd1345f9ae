package cut

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// line is a proxy before a server that answers every line with itself.
type line struct {
	t     *testing.T
	proxy *Proxy
	heard atomic.Int32 // lines that the server has read
}

func newLine(t *testing.T) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{t: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for {
					text, err := in.ReadString('\n')
					if err != nil {
						return
					}
					l.heard.Add(1)
					_, _ = io.WriteString(conn, text)
				}
			}()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-ended })
	if l.proxy, err = Listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	l.proxy.Pass(listener.Addr().String())
	t.Cleanup(l.proxy.Close)
	return l
}

func (l *line) dial() net.Conn {
	l.t.Helper()
	conn, err := net.Dial("tcp", l.proxy.Address())
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// ask sends a line and waits for it to come back.
func ask(c net.Conn, within time.Duration) error {
	if _, err := io.WriteString(c, "hello\n"); err != nil {
		return err
	}
	return answer(c, within)
}

func answer(c net.Conn, within time.Duration) error {
	_ = c.SetReadDeadline(time.Now().Add(within))
	text, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && text != "hello\n" {
		return errors.New("another text came back: " + text)
	}
	return err
}

const (
	soon  = 10 * time.Second
	never = 200 * time.Millisecond
)

func (l *line) set(mode Mode) {
	l.t.Helper()
	if err := l.proxy.Set(mode); err != nil {
		l.t.Fatal(err)
	}
}

func TestAWireFailsAsItIsToldAndHeals(t *testing.T) {
	timeout := func(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
	reset := func(err error) bool { return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) }
	for _, c := range []struct {
		mode    Mode
		fails   func(error) bool // of a connection that was open before
		heard   bool             // the server gets what is sent meanwhile
		reaches bool             // what was held back comes when the wire heals
	}{
		{Refused, reset, false, false},
		{Reset, reset, false, false},
		{Hole, timeout, false, true},
		{Half, timeout, false, false},
		{Up, timeout, false, true},
		{Down, timeout, true, true},
	} {
		t.Run(string(c.mode), func(t *testing.T) {
			l := newLine(t)
			conn := l.dial()
			if err := ask(conn, soon); err != nil {
				t.Fatal(err)
			}
			before := l.heard.Load()
			l.set(c.mode)
			if err := ask(conn, never); !c.fails(err) {
				t.Errorf("the open connection: %v", err)
			}
			if got := l.heard.Load() > before; got != c.heard {
				t.Errorf("the server was reached: %v", got)
			}
			l.set(Open)
			if c.reaches {
				if err := answer(conn, soon); err != nil {
					t.Errorf("what was held back does not come: %v", err)
				}
			}
			if err := ask(l.dial(), soon); err != nil {
				t.Errorf("after healing, a new connection: %v", err)
			}
		})
	}
}

func TestNewConnectionsMeetTheFailureToo(t *testing.T) {
	for _, mode := range Modes() {
		t.Run(mode, func(t *testing.T) {
			l := newLine(t)
			l.set(Mode(mode))
			conn, err := net.Dial("tcp", l.proxy.Address())
			if refused := errors.Is(err, syscall.ECONNREFUSED); refused != (Mode(mode) == Refused) {
				t.Fatalf("dial: %v", err)
			}
			if err != nil {
				return
			}
			defer conn.Close()
			if err := ask(conn, never); (err == nil) && Mode(mode) != Slow {
				t.Error("it works")
			}
			if Mode(mode) == Slow {
				if err := answer(conn, soon); err != nil {
					t.Errorf("slow is too slow: %v", err)
				}
			}
		})
	}
}

func TestAnswersFailAsTheyAreTold(t *testing.T) {
	var done atomic.Int32
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		done.Add(1)
		_, _ = io.WriteString(w, "stored")
	}))
	defer store.Close()
	a, err := NewAnswers(t.Context(), strings.TrimPrefix(store.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	ask := func() int {
		resp, err := http.Post("http://"+a.Address(), "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode
	}
	for _, c := range []struct {
		mode   string
		status int
		done   bool
	}{{"", 200, true}, {Unavailable, 503, false}, {Swallowed, 503, true}, {"", 200, true}} {
		before := done.Load()
		a.Set(c.mode)
		if got := ask(); got != c.status {
			t.Errorf("%q: status %d", c.mode, got)
		}
		if got := done.Load() > before; got != c.done {
			t.Errorf("%q: carried out: %v", c.mode, got)
		}
	}
	a.Set(TooMany)
	seen := map[int]bool{}
	for range 100 {
		seen[ask()] = true
	}
	if !seen[200] || !seen[429] {
		t.Errorf("statuses %v", seen)
	}
	http.DefaultClient.CloseIdleConnections()
}
