package input

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

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
	// A stop reads what is in the pipe, up to a line of our own, before it ends.
	last := "millrace ends here " + rand.Text()
	stopped := context.AfterFunc(ctx, func() { _, _ = keeper.WriteString(last + "\n") })
	defer stopped()
	err = in.takeLines(ctx, t, last)
	t.Kill(nil)
	_, _ = keeper.WriteString("\n") // wakes a reader that waits for a line
	for range t.Lines {             // ends when the reader does
	}
	return errors.Join(err, ctx.Err())
}

// takeLines writes lines to the spool up to the last one.
func (in *input) takeLines(ctx context.Context, t *tail.Tail, last string) error {
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
		err := in.spool.Put(context.WithoutCancel(ctx), []byte(text+"\n"))
		if err != nil {
			return err
		}
		in.counts.took(1, len(text)+1)
	}
	return fmt.Errorf("%s: %w", in.cfg.Path, t.Err())
}
