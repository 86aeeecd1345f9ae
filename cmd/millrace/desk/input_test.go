package desk

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

func TestAnInterruptEndsTheWaitForALine(t *testing.T) {
	terminal, keys := io.Pipe()
	defer func() { _ = keys.Close() }()
	ctx, interrupt := context.WithCancel(t.Context())
	in := interruptible(ctx, terminal)
	lines, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		s := bufio.NewScanner(in)
		for s.Scan() {
			lines <- s.Text()
		}
		ended <- s.Err()
	}()
	if _, err := keys.Write([]byte("a line\n")); err != nil {
		t.Fatal(err)
	}
	const patience = 10 * time.Second
	select {
	case got := <-lines:
		if got != "a line" {
			t.Fatalf("got %q", got)
		}
	case <-time.After(patience):
		t.Fatal("the line does not come")
	}
	interrupt()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatal("it waits for another line")
	}
}

func TestWithoutAnInterruptAllIsRead(t *testing.T) {
	want := strings.Repeat("0123456789\n", 20_000)
	in := interruptible(t.Context(), strings.NewReader(want))
	got, err := io.ReadAll(in)
	if err != nil || string(got) != want {
		t.Fatalf("%d of %d bytes, error %v", len(got), len(want), err)
	}
}
