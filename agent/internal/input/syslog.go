package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/agent/internal/input/syslog"
)

const (
	// batchBytes is from which size on messages are written without waiting for those
	// behind them.
	batchBytes = 64 << 10
	// socketBytes is what the kernel is asked to hold of UDP while we write.
	socketBytes = 4 << 20
	// datagramBytes is the largest datagram there is.
	datagramBytes = 64 << 10
)

// serveSyslog takes messages of syslog at all addresses of the input.
func (in *input) serveSyslog(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	var closers []io.Closer
	var listening []string
	for _, text := range in.cfg.Listen {
		a, err := parseAddress(text, schemes[Syslog])
		if err == nil {
			var c io.Closer
			var at net.Addr
			if c, at, err = in.openSyslog(ctx, g, a); err == nil {
				closers, listening = append(closers, c), append(listening, a.scheme+"://"+at.String())
			}
		}
		if err != nil {
			g.Go(func() error { return fmt.Errorf("listen: %w", err) })
			break
		}
	}
	in.counts.listen(listening...)
	g.Go(func() error { // ends the others: they wait for the network
		<-ctx.Done()
		in.counts.listen()
		for _, c := range closers {
			_ = c.Close()
		}
		return ctx.Err()
	})
	return g.Wait()
}

// openSyslog opens one address and serves it until it is closed.
func (in *input) openSyslog(ctx context.Context, g *errgroup.Group, a address) (io.Closer, net.Addr, error) {
	if a.scheme == "udp" {
		var lc net.ListenConfig
		conn, err := lc.ListenPacket(ctx, "udp", a.host)
		if err != nil {
			return nil, nil, err
		}
		if err := conn.(*net.UDPConn).SetReadBuffer(socketBytes); err != nil {
			in.log.Warn("the kernel gives a smaller buffer for UDP", "error", err)
		}
		g.Go(func() error { return in.datagrams(ctx, conn) })
		return conn, conn.LocalAddr(), nil
	}
	l, err := in.listen(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	g.Go(func() error { return in.accept(ctx, l) })
	return l, l.Addr(), nil
}

// datagrams takes one message from each datagram. What the spool has no room for is
// dropped: nobody could be told to wait.
func (in *input) datagrams(ctx context.Context, conn net.PacketConn) error {
	buf := make([]byte, datagramBytes)
	var line []byte
	for {
		n, _, err := conn.ReadFrom(buf)
		if err != nil {
			return in.ended(ctx, err)
		}
		if n > in.cfg.MaxEventBytes {
			n = in.cfg.MaxEventBytes
			in.counts.cut.Add(1)
		}
		line = syslog.AppendLine(line[:0], buf[:n])
		if len(line) == 0 {
			continue
		}
		if err := in.spool.Append(line); err != nil {
			in.counts.dropped.Add(1)
			in.counts.trouble(err)
			continue
		}
		in.counts.took(1, len(line))
	}
}

// accept serves the connections to an address until it is closed.
func (in *input) accept(ctx context.Context, l net.Listener) error {
	var g errgroup.Group
	conns := newConns(in)
	for {
		conn, err := l.Accept()
		if err != nil {
			conns.stop()
			return errors.Join(in.ended(ctx, err), g.Wait())
		}
		if conns.add(conn) {
			g.Go(func() error { // ends with its connection
				defer conns.remove(conn)
				in.stream(ctx, conn)
				return nil
			})
		}
	}
}

// stream takes the messages of a connection. While the spool is full it reads no
// further, so the sender has to wait. Messages that have come in together are written
// together.
func (in *input) stream(ctx context.Context, conn net.Conn) {
	s := syslog.NewStream(idler{conn, in.cfg.IdleTimeout}, in.cfg.MaxEventBytes)
	var lines []byte
	for events := 0; ; {
		msg, cut, err := s.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, net.ErrClosed) {
				in.counts.trouble(fmt.Errorf("%s: %w", conn.RemoteAddr(), err))
			}
			return
		}
		if cut {
			in.counts.cut.Add(1)
		}
		before := len(lines)
		if lines = syslog.AppendLine(lines, msg); len(lines) > before {
			events++
		}
		if s.Ready() && len(lines) < batchBytes {
			continue
		}
		if err := in.spool.Put(ctx, lines); err != nil {
			in.counts.trouble(err)
			return
		}
		in.counts.took(events, len(lines))
		lines, events = lines[:0], 0
	}
}

// ended is the error of a listener; a stop closes it.
func (in *input) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
