package step

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the Community ID is made with it
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/netip"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func communityIDSpec() Spec {
	return Spec{
		Name:    "community_id",
		Summary: "Writes the Community ID (version 1) of a network flow: the same for both directions, and for all tools that know it.",
		Example: `{"community_id": {"seed": 0}}`,
		Options: []Option{
			{Name: "source_ip", Type: TypeField, Default: "source.ip", Summary: "the field of the source"},
			{Name: "source_port", Type: TypeField, Default: "source.port", Summary: "the field of its port"},
			{Name: "destination_ip", Type: TypeField, Default: "destination.ip", Summary: "the field of the destination"},
			{Name: "destination_port", Type: TypeField, Default: "destination.port", Summary: "the field of its port"},
			{Name: "iana_number", Type: TypeField, Default: "network.iana_number", Summary: "the field with the protocol's number"},
			{Name: "transport", Type: TypeField, Default: "network.transport", Summary: "the field with its name; counts where the number is missing"},
			{Name: "icmp_type", Type: TypeField, Default: "icmp.type", Summary: "the field with the type of an ICMP message"},
			{Name: "icmp_code", Type: TypeField, Default: "icmp.code", Summary: "the field with its code"},
			{Name: "target_field", Type: TypeTarget, Default: "network.community_id", Summary: "the field to write"},
			{Name: "seed", Type: TypeNumber, Default: 0, Summary: "0 to 65535, hashed before the flow"},
			ignoreMissingOption(true),
		},
		compile: func(b *Build) Step {
			s := &communityStep{
				sourceIP: b.Field("source_ip"), sourcePort: b.Field("source_port"),
				destinationIP: b.Field("destination_ip"), destinationPort: b.Field("destination_port"),
				number: b.Field("iana_number"), transport: b.Field("transport"),
				icmpType: b.Field("icmp_type"), icmpCode: b.Field("icmp_code"),
				target: b.Target("target_field"), ignoreMissing: b.Bool("ignore_missing"),
			}
			seed := b.Float("seed")
			if seed < 0 || seed > 65535 || seed != float64(int(seed)) {
				b.Problem("seed", "must be a whole number of 0 to 65535")
			}
			s.seed = uint16(seed)
			return s
		},
	}
}

type communityStep struct {
	sourceIP, sourcePort, destinationIP, destinationPort event.ID
	number, transport, icmpType, icmpCode, target        event.ID
	seed                                                 uint16
	ignoreMissing                                        bool
}

// The protocols that have ports, or something in their place.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
	protoSCTP   = 132
)

var transports = map[string]int{
	"icmp": protoICMP, "igmp": 2, "tcp": protoTCP, "egp": 8, "udp": protoUDP, "gre": 47, "ipv6-icmp": protoICMPv6, "icmp6": protoICMPv6,
	"icmpv6": protoICMPv6, "eigrp": 88, "ospf": 89, "pim": 103, "sctp": protoSCTP,
}

// The types of ICMP messages that answer each other.
var (
	answers   = map[int]int{8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 10: 9, 9: 10, 17: 18, 18: 17}
	answersV6 = map[int]int{128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 139: 140, 140: 139, 144: 145, 145: 144}
)

var (
	errTransport = errors.New("the transport is not known")
	errFamilies  = errors.New("one address is of IPv4, the other of IPv6")
)

func (s *communityStep) Run(c *Context) error {
	id, err := s.id(c)
	if err != nil {
		if missing(err, s.ignoreMissing) {
			return nil
		}
		return err
	}
	c.Event.Set(s.target, event.String(id))
	return nil
}

func (s *communityStep) id(c *Context) ([]byte, error) {
	source, err := c.address(s.sourceIP)
	if err != nil {
		return nil, err
	}
	destination, err := c.address(s.destinationIP)
	if err != nil {
		return nil, err
	}
	if source.Is4() != destination.Is4() {
		return nil, errFamilies
	}
	protocol, err := s.protocol(c)
	if err != nil {
		return nil, err
	}
	from, to, oneWay, err := s.ports(c, protocol)
	if err != nil {
		return nil, err
	}
	if order := source.Compare(destination); !oneWay && (order > 0 || order == 0 && from > to) {
		source, destination, from, to = destination, source, to, from
	}
	return s.hash(c, source, destination, protocol, from, to), nil
}

func (s *communityStep) protocol(c *Context) (int, error) {
	if n, err := c.number(s.number, 255); err == nil {
		return n, nil
	}
	name, err := c.text(s.transport)
	if err != nil {
		return 0, err
	}
	if n, ok := transports[string(name)]; ok { // lower case, as it mostly is
		return n, nil
	}
	if n, ok := transports[string(bytes.ToLower(name))]; ok {
		return n, nil
	}
	if n, ok := plainInteger(name); ok && n <= 255 {
		return int(n), nil
	}
	return 0, errTransport
}

// ports returns what stands for the ports of a flow. One-way messages of ICMP keep their direction.
func (s *communityStep) ports(c *Context, protocol int) (from, to int, oneWay bool, err error) {
	switch protocol {
	case protoTCP, protoUDP, protoSCTP:
		if from, err = c.number(s.sourcePort, 65535); err != nil {
			return 0, 0, false, err
		}
		to, err = c.number(s.destinationPort, 65535)
		return from, to, false, err
	case protoICMP, protoICMPv6:
		if from, err = c.number(s.icmpType, 255); err != nil {
			return 0, 0, false, err
		}
		table := answers
		if protocol == protoICMPv6 {
			table = answersV6
		}
		if answer, ok := table[from]; ok {
			return from, answer, false, nil
		}
		to, err = c.number(s.icmpCode, 255)
		return from, to, true, err
	}
	return 0, 0, false, nil
}

func (s *communityStep) hash(c *Context, source, destination netip.Addr, protocol, from, to int) []byte {
	flow := make([]byte, 0, 64)
	flow = binary.BigEndian.AppendUint16(flow, s.seed)
	flow = appendAddress(appendAddress(flow, source), destination)
	flow = append(flow, byte(protocol), 0)
	switch protocol {
	case protoTCP, protoUDP, protoSCTP, protoICMP, protoICMPv6:
		flow = binary.BigEndian.AppendUint16(flow, uint16(from))
		flow = binary.BigEndian.AppendUint16(flow, uint16(to))
	}
	sum := sha1.Sum(flow) //nolint:gosec // see the import
	return c.keep(func(dst []byte) []byte { return base64.StdEncoding.AppendEncode(append(dst, "1:"...), sum[:]) })
}

func appendAddress(dst []byte, a netip.Addr) []byte {
	if a.Is4() {
		b := a.As4()
		return append(dst, b[:]...)
	}
	b := a.As16()
	return append(dst, b[:]...)
}
