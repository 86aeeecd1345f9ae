package elastic

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// counted remembers the longest write to a connection.
type counted struct {
	net.Conn
	longest *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	c.longest.Store(max(c.longest.Load(), int64(len(b))))
	return c.Conn.Write(b)
}

// TestBodiesAreWrittenInLargePieces fails, too, if net/http comes to write bodies
// in a way that passes conn by.
func TestBodiesAreWrittenInLargePieces(t *testing.T) {
	sent := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16)
	var got []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, _ = io.ReadAll(r.Body) }))
	defer server.Close()
	client, err := New(Config{Addresses: []string{server.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context())
	var longest atomic.Int64
	client.connections.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		made, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return conn{counted{made, &longest}}, nil
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Perform(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if !bytes.Equal(got, sent) {
		t.Errorf("%d of %d bytes arrived, or others", len(got), len(sent))
	}
	if longest.Load() != pieceSize {
		t.Errorf("the longest write has %d bytes, want %d", longest.Load(), pieceSize)
	}
}
