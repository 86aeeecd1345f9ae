package etcd

import (
	"context"
	"math/rand/v2"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/connectivity"

	"github.com/millrace/millrace/internal/sleep"
)

// recheckMost bounds the pause between a reconnection and the comparison of the keys. It is
// drawn at random: a whole fleet gets its servers back at the same moment.
const recheckMost = 5 * time.Second

// reconnected waits until the connection was lost and is there again, and reports whether
// that was before ctx ended. The store may be another one then: one that lost its data, or
// was put back from a backup, has lower revisions, and a watch that the client resumes
// waits for those that it knows.
func reconnected(ctx context.Context, client *clientv3.Client) bool {
	conn := client.ActiveConnection()
	for lost := false; ; {
		state := conn.GetState()
		if lost && state == connectivity.Ready {
			return sleep.For(ctx, rand.N(recheckMost))
		}
		lost = lost || state != connectivity.Ready
		if !conn.WaitForStateChange(ctx, state) {
			return false
		}
	}
}
