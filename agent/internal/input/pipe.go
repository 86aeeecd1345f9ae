package input

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/nxadm/tail"
	"golang.org/x/sys/unix"
)

// servePipe reads lines from a named pipe.
//
// nxadm/tail does the reading. It ends the process on some errors of the paths it
// watches and stops when the last writer closes the pipe; neither can happen here: we
// hold the pipe open ourselves, for writing too, after we have seen that it is one, and
// so it never comes to an end at which the library would begin to watch.
func (in *input) servePipe(ctx context.Context) error {
	keeper, err := os.OpenFile(in.cfg.Path, os.O_RDWR|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer keeper.Close()
	info, err := keeper.Stat()
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeNamedPipe == 0 {
		return fmt.Errorf("%s: not a named pipe", in.cfg.Path)
	}
	t, err := tail.TailFile(in.cfg.Path, tail.Config{Pipe: true, MustExist: true, CompleteLines: true, Logger: tail.DiscardingLogger})
	if err != nil {
		return err
	}
	in.counts.listen("pipe://" + in.cfg.Path)
	defer in.counts.listen()
	// A stop reads what is in the pipe, up to a line of our own, before it ends; unless the
	// spool stays full.
	last := "millrace ends here " + rand.Text()
	stopped := context.AfterFunc(ctx, func() { _, _ = keeper.WriteString(last + "\n") })
	defer stopped()
	err = in.takeLines(ctx, t, last)
	t.Kill(nil)
	// Nobody waits at a pipe that is full.
	_ = keeper.SetWriteDeadline(time.Now().Add(wakeTime))
	_, _ = keeper.WriteString("\n") // wakes a reader that waits for a line
	for range t.Lines {             // ends when the reader does
	}
	return errors.Join(err, ctx.Err())
}

// wakeTime is how long it may take to write a line to a pipe that has room for one.
const wakeTime = 100 * time.Millisecond

// takeLines writes lines to the spool up to the last one. A stop waits for room in it for
// stopTime.
func (in *input) takeLines(ctx context.Context, t *tail.Tail, last string) error {
	ctx, cancel := lingering(ctx, stopTime)
	defer cancel()
	for line := range t.Lines {
		if line.Text == last {
			return nil
		}
		text := strings.TrimRight(line.Text, "\r")
		if len(text) == 0 {
			continue
		}
		if len(text) > in.cfg.MaxEventBytes {
			text = text[:in.cfg.MaxEventBytes]
			in.counts.cut.Add(1)
		}
		if err := in.spool.Put(ctx, []byte(text+"\n")); err != nil {
			in.log.Error("what was read from a pipe and found no room in the spool is lost", "path", in.cfg.Path, "error", err)
			return err
		}
		in.counts.took(1, len(text)+1)
	}
	return fmt.Errorf("%s: %w", in.cfg.Path, t.Err())
}

// lingering is a context that ends so long after ctx.
func lingering(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(after, cancel) })
	return longer, func() { stop(); cancel() }
}
