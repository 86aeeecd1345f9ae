package input

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/wire/wiretest"
)

func dial(t *testing.T, network, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, addr)
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	_, err := conn.Write([]byte(text))
	must(t, err)
}

func TestSyslogComesOverUDP(t *testing.T) {
	b := newBench(t, Config{Name: "in", Kind: Syslog, Listen: []string{"udp://127.0.0.1:0"}, MaxEventBytes: 2000})
	conn := dial(t, "udp", b.address())
	send(t, conn, "<13>one\n")
	send(t, conn, "<13>two\nlines")
	send(t, conn, "\n")
	send(t, conn, strings.Repeat("x", 3000))
	b.want("<13>one\n<13>two#012lines\n" + strings.Repeat("x", 2000) + "\n")
	if st := b.status(); st.Received != 3 || st.Cut != 1 || st.Dropped != 0 {
		t.Errorf("%+v", st)
	}
}

func TestSyslogComesOverTCP(t *testing.T) {
	b := newBench(t, Config{Name: "in", Kind: Syslog, Listen: []string{"tcp://127.0.0.1:0"}})
	conn := dial(t, "tcp", b.address())
	send(t, conn, "<13>one\n9 <13>a\nb\nc<14>")
	b.want("<13>one\n<13>a#012b#012c\n") // although the next one has begun
	send(t, conn, "two\n")
	b.want("<13>one\n<13>a#012b#012c\n<14>two\n")
}

func TestSyslogComesOverTLSFromThoseWithACertificate(t *testing.T) {
	ca := wiretest.NewCA(t)
	certFile, keyFile := ca.Files(t, ca.Server(t, "localhost"))
	b := newBench(t, Config{
		Name: "in", Kind: Syslog, Listen: []string{"tls://127.0.0.1:0"},
		TLS: TLS{CertFile: certFile, KeyFile: keyFile, ClientCAFile: ca.File},
	})
	cert, err := tls.LoadX509KeyPair(ca.Client(t, "device"))
	must(t, err)
	connect := func(certs ...tls.Certificate) (net.Conn, error) {
		return tls.Dial("tcp", b.address(), &tls.Config{RootCAs: ca.Pool, ServerName: "localhost", Certificates: certs})
	}
	stranger, err := connect() // TLS 1.3 tells only those who read
	if err == nil {
		_, err = stranger.Read(make([]byte, 1))
		stranger.Close()
	}
	if err == nil {
		t.Error("a client without a certificate was let in")
	}
	conn, err := connect(cert)
	must(t, err)
	defer conn.Close()
	send(t, conn, "<13>one\n")
	b.want("<13>one\n")
}

func TestAFullSpoolMakesTCPWaitAndUDPDrop(t *testing.T) {
	big := strings.Repeat("x", 60_000)
	t.Run("tcp", func(t *testing.T) {
		b := newBench(t, Config{Name: "in", Kind: Syslog, Listen: []string{"tcp://127.0.0.1:0"}, SpoolBytes: minSpool})
		conn := dial(t, "tcp", b.address())
		sent := 0
		for { // until nobody takes any more
			must(t, conn.SetWriteDeadline(time.Now().Add(2*time.Second)))
			if _, err := conn.Write([]byte(big + "\n")); err != nil {
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatal(err)
				}
				break
			}
			sent++
		}
		if st := b.status(); st.SpoolBytes > st.SpoolLimit || int(st.Received) > sent {
			t.Errorf("%+v", st)
		}
		b.ship()
		b.eventually(func() error {
			if st := b.status(); int(st.Received) < sent {
				return fmt.Errorf("%d of %d messages were taken", st.Received, sent)
			}
			return nil
		})
		if st := b.status(); st.Dropped != 0 {
			t.Errorf("%d were dropped", st.Dropped)
		}
	})
	t.Run("udp", func(t *testing.T) {
		b := newBench(t, Config{Name: "in", Kind: Syslog, Listen: []string{"udp://127.0.0.1:0"}, SpoolBytes: minSpool})
		conn := dial(t, "udp", b.address())
		b.eventually(func() error {
			for range minSpool / len(big) / 10 { // a tenth of what the spool takes
				send(t, conn, big)
			}
			if b.status().Dropped == 0 {
				return errors.New("nothing was dropped")
			}
			return nil
		})
		if st := b.status(); st.LastError == "" || st.SpoolBytes > st.SpoolLimit {
			t.Errorf("%+v", st)
		}
	})
}

func TestConnectionsAreBounded(t *testing.T) {
	b := newBench(t, Config{Name: "in", Kind: Syslog, Listen: []string{"tcp://127.0.0.1:0"}, MaxConnections: 2, IdleTimeout: time.Second})
	first, _ := dial(t, "tcp", b.address()), dial(t, "tcp", b.address())
	b.eventually(func() error {
		if n := b.status().Connections; n != 2 {
			return fmt.Errorf("%d connections", n)
		}
		return nil
	})
	third := dial(t, "tcp", b.address())
	if _, err := third.Read(make([]byte, 1)); err == nil {
		t.Error("a third one is served")
	}
	send(t, first, "<13>half")
	if _, err := first.Read(make([]byte, 1)); err == nil {
		t.Error("an idle one stays")
	}
	b.want("<13>half\n")
	if st := b.status(); st.Refused != 1 || st.Cut != 1 {
		t.Errorf("%+v", st)
	}
}

func TestAnInputWhosePortIsTakenIsTriedAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	b := newBench(t, Config{Name: "in", Kind: Syslog, Listen: []string{"tcp://" + l.Addr().String()}})
	b.eventually(func() error {
		if b.status().LastError == "" {
			return errors.New("no error is told")
		}
		return nil
	})
	must(t, l.Close())
	send(t, dial(t, "tcp", b.address()), "<13>one\n")
	b.want("<13>one\n")
}
