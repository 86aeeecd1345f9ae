package process

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/obs"
)

// checkEvery is how often readiness is asked for until it is there.
const checkEvery = 50 * time.Millisecond

// patience is how long a start may take before it is told what it waits for.
const patience = 10 * time.Second

// Listen opens a TCP address; port 0 is any free one.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", address)
}

// AnnounceReady prints `ready http://ADDR` once every check passes. It returns
// nil then, and when ctx ends before.
func AnnounceReady(ctx context.Context, out io.Writer, address net.Addr, health *obs.Health, log *slog.Logger) error {
	if !AwaitReady(ctx, health, log) {
		return nil
	}
	return PrintReady(out, address)
}

// AwaitReady returns true once every check passes, and false when ctx ends before. It
// logs what a long wait is for.
func AwaitReady(ctx context.Context, health *obs.Health, log *slog.Logger) bool {
	return awaitReady(ctx, health, log, patience)
}

func awaitReady(ctx context.Context, health *obs.Health, log *slog.Logger, patience time.Duration) bool {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	began, told := time.Now(), false
	for {
		report := health.Check(ctx)
		if report.Ready {
			return true
		}
		if !told && time.Since(began) >= patience && ctx.Err() == nil {
			told = true
			log.Warn("not ready yet", "waits_for", missing(report))
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// missing names the checks that fail, and why.
func missing(r obs.Report) string {
	var all []string
	for name, why := range r.Checks {
		if why != "ok" {
			all = append(all, name+": "+why)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
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
