package main

import (
	"net"
	"testing"

	"github.com/millrace/millrace/internal/process"
)

func TestTheGreetingSaysWhoReachesWhat(t *testing.T) {
	const local = "everybody with an account on this machine"
	for listening, want := range map[string][2]string{
		"127.0.0.1:9090":   {"127.0.0.1:9090", local},
		"[::1]:9090":       {"[::1]:9090", local},
		"[::]:9090":        {"127.0.0.1:9090", "everybody whose network reaches port 9090"},
		"0.0.0.0:9090":     {"127.0.0.1:9090", "everybody whose network reaches port 9090"},
		"192.168.1.5:9090": {"192.168.1.5:9090", "everybody whose network reaches port 9090"},
	} {
		address, err := net.ResolveTCPAddr("tcp", listening)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{process.Reachable(address), readers(address)}; got != want {
			t.Errorf("%s: got %q, want %q", listening, got, want)
		}
	}
}
