package step

import (
	"testing"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// The flows and ids are those that the specification of the Community ID publishes.
func TestCommunityIDsAreThoseOfTheSpecification(t *testing.T) {
	for want, c := range map[string]struct {
		transport, source, destination string
		from, to                       int64
		icmp                           bool
		seed                           uint16
	}{
		"1:LQU9qZlK+B5F3KDmev6m5PMibrg=": {"tcp", "128.232.110.120", "66.35.250.204", 34855, 80, false, 0},
		"1:3V71V58M3Ksw/yuFALMcW0LAHvc=": {"tcp", "66.35.250.204", "128.232.110.120", 80, 34855, false, 1},
		"1:d/FP5EW3wiY1vCndhwleRRKHowQ=": {"udp", "192.168.1.52", "8.8.8.8", 54585, 53, false, 0},
		"1:X0snYXpgwiv9TZtqg64sgzUn6Dk=": {"icmp", "192.168.0.89", "192.168.0.1", 8, 0, true, 0},
		"1:dGHyGvjMfljg6Bppwm3bg0LO8TY=": {"ipv6-icmp", "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0, true, 0},
		"1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=": {"sctp", "192.168.170.8", "192.168.170.56", 7, 7, false, 0},
	} {
		schema := event.NewSchema()
		id := schema.Intern
		s := &communityStep{
			sourceIP: id("source.ip"), sourcePort: id("source.port"), destinationIP: id("destination.ip"), destinationPort: id("destination.port"),
			number: id("network.iana_number"), transport: id("network.transport"), icmpType: id("icmp.type"), icmpCode: id("icmp.code"),
			target: id("network.community_id"), seed: c.seed,
		}
		e := event.New(schema)
		e.Set(s.transport, event.Text(c.transport))
		e.Set(s.sourceIP, event.Text(c.source))
		e.Set(s.destinationIP, event.Text(c.destination))
		from, to := s.sourcePort, s.destinationPort
		if c.icmp {
			from, to = s.icmpType, s.icmpCode
		}
		e.Set(from, event.Int(c.from))
		e.Set(to, event.Int(c.to))
		if err := s.Run(&Context{Event: e}); err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		if got := string(e.Get(s.target).Text()); got != want {
			t.Errorf("%s %s: %s, want %s", c.transport, c.source, got, want)
		}
	}
}
