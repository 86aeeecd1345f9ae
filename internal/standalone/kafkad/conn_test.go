package kafkad

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// script is a connection that gives out prepared bytes and keeps what is written.
type script struct {
	net.Conn
	in  io.Reader
	out []byte
}

func (s *script) Read(p []byte) (int, error)  { return s.in.Read(p) }
func (s *script) Write(p []byte) (int, error) { s.out = append(s.out, p...); return len(p), nil }
func (s *script) Close() error                { return nil }
func (s *script) RemoteAddr() net.Addr        { return &net.TCPAddr{} }

func guarded(in io.Reader) (*guard, *script) {
	s := &script{in: in}
	g := &guard{Conn: s}
	g.handshake.Store(none)
	return g, s
}

func request(r kmsg.Request, corr uint32) []byte {
	b := binary.BigEndian.AppendUint16(make([]byte, 4), uint16(r.Key()))
	b = binary.BigEndian.AppendUint16(b, uint16(r.GetVersion()))
	b = binary.BigEndian.AppendUint32(b, corr)
	b = binary.BigEndian.AppendUint16(b, 0) // client id
	b = r.AppendTo(b)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

func handshake(corr uint32) []byte {
	r := kmsg.NewPtrSASLHandshakeRequest()
	r.SetVersion(1)
	r.Mechanism = "PLAIN"
	return request(r, corr)
}

func TestAHandshakeNamesTheMechanisms(t *testing.T) {
	in := slices.Concat(handshake(7), request(kmsg.NewPtrHeartbeatRequest(), 8))
	g, s := guarded(iotest.OneByteReader(newReader(in))) // however the bytes are cut
	got, err := io.ReadAll(g)
	if err != nil || !slices.Equal(got, in) {
		t.Fatalf("what came in was changed; error %v", err)
	}
	response := kmsg.NewPtrSASLHandshakeResponse()
	response.SetVersion(1)
	answer := response.AppendTo([]byte{0, 0, 0, 0, 0, 0, 0, 7})
	binary.BigEndian.PutUint32(answer, uint32(len(answer)-4))
	if n, err := g.Write(answer); n != len(answer) || err != nil {
		t.Fatalf("wrote %d, error %v", n, err)
	}
	if err := response.ReadFrom(s.out[8:]); err != nil || !slices.Equal(response.SupportedMechanisms, mechanisms) {
		t.Errorf("mechanisms %v, error %v", response.SupportedMechanisms, err)
	}
	if size := binary.BigEndian.Uint32(s.out); int(size) != len(s.out)-4 {
		t.Errorf("the size says %d of %d", size, len(s.out)-4)
	}
	s.out = nil
	other := []byte{0, 0, 0, 6, 0, 0, 0, 8, 0, 0}
	if _, err := g.Write(other); err != nil || !slices.Equal(s.out, other) {
		t.Errorf("another answer was changed to %v, error %v", s.out, err)
	}
}

func newReader(b []byte) io.Reader { return io.NewSectionReader(&at{b}, 0, int64(len(b))) }

// at reads a slice.
type at struct{ b []byte }

func (a *at) ReadAt(p []byte, off int64) (int, error) { return copy(p, a.b[off:]), nil }

func TestWhatIsNotKafkaIsSentAway(t *testing.T) {
	for name, in := range map[string]string{
		"HTTP":             "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"an unknown key":   "\x00\x00\x00\x08\x7f\xff\x00\x00\x00\x00\x00\x01",
		"a size too small": "\x00\x00\x00\x01\x00",
	} {
		g, _ := guarded(newReader([]byte(in)))
		if _, err := io.ReadAll(g); !errors.Is(err, errNotKafka) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestTheServerOutlivesGarbage(t *testing.T) {
	s, err := Start(Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, in := range []string{"GET / HTTP/1.1\r\n\r\n", "\x00\x00\x00\x08\x7f\xff\x00\x00\x00\x00\x00\x01"} {
		c, err := net.Dial("tcp", s.Kafka().Brokers[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, in); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Errorf("%q was answered", in)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c, err := net.Dial("tcp", s.Kafka().Brokers[0])
	if err != nil {
		t.Fatalf("the server is gone: %v", err)
	}
	_ = c.Close()
}

func FuzzInspect(f *testing.F) {
	f.Add(handshake(1))
	f.Add([]byte("GET / HTTP/1.1"))
	f.Fuzz(func(t *testing.T, in []byte) {
		g, _ := guarded(newReader(in))
		got, err := io.ReadAll(g)
		if err == nil && !slices.Equal(got, in) {
			t.Fatal("bytes were changed on their way in")
		}
	})
}
