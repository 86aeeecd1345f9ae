package process

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/millrace/millrace/internal/obs"
)

// checkEvery is how often readiness is asked for until it is there.
const checkEvery = 50 * time.Millisecond

// Listen opens a TCP address; port 0 is any free one.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", address)
}

// AnnounceReady prints `ready http://ADDR` once every check passes. It returns
// nil then, and when ctx ends before.
func AnnounceReady(ctx context.Context, out io.Writer, address net.Addr, health *obs.Health) error {
	if !AwaitReady(ctx, health) {
		return nil
	}
	return PrintReady(out, address)
}

// AwaitReady returns true once every check passes, and false when ctx ends before.
func AwaitReady(ctx context.Context, health *obs.Health) bool {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for !health.Check(ctx).Ready {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

// PrintReady prints the line that programs wait for.
func PrintReady(out io.Writer, address net.Addr) error {
	_, err := fmt.Fprintf(out, "ready http://%s\n", Reachable(address))
	return err
}

// Reachable is by which address a listener is reached from this machine: what listens on
// all of its addresses has none that can be called.
func Reachable(address net.Addr) string {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return address.String()
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
}
