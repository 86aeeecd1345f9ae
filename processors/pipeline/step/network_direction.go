package step

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func networkDirectionSpec() Spec {
	return Spec{
		Name:    "network_direction",
		Summary: "Says whether traffic is inbound, outbound, internal or external, from its addresses and the internal networks.",
		Example: `{"network_direction": {"internal_networks": ["private", "203.0.113.0/24"]}}`,
		Options: []Option{
			{Name: "source_ip", Type: TypeField, Default: "source.ip", Summary: "the field of the source"},
			{Name: "destination_ip", Type: TypeField, Default: "destination.ip", Summary: "the field of the destination"},
			{Name: "target_field", Type: TypeTarget, Default: "network.direction", Summary: "the field to write"},
			{
				Name: "internal_networks", Type: TypeList,
				Summary: "networks such as 10.0.0.0/8, or loopback, unicast, global_unicast, multicast, interface_local_multicast, " +
					"link_local_unicast, link_local_multicast, private, public, unspecified",
			},
			{Name: "internal_networks_field", Type: TypeField, Summary: "in place of it: the field with the array of networks"},
			ignoreMissingOption(true),
		},
		compile: compileNetworkDirection,
	}
}

type directionStep struct {
	source, destination, target, networksField event.ID
	networks                                   []network
	ignoreMissing                              bool
}

// network says whether an address is in it.
type network func(netip.Addr) bool

var namedNetworks = map[string]network{
	"loopback":                  netip.Addr.IsLoopback,
	"unicast":                   netip.Addr.IsGlobalUnicast,
	"global_unicast":            netip.Addr.IsGlobalUnicast,
	"multicast":                 netip.Addr.IsMulticast,
	"interface_local_multicast": netip.Addr.IsInterfaceLocalMulticast,
	"link_local_unicast":        netip.Addr.IsLinkLocalUnicast,
	"link_local_multicast":      netip.Addr.IsLinkLocalMulticast,
	"private":                   netip.Addr.IsPrivate,
	"unspecified":               netip.Addr.IsUnspecified,
	"public": func(a netip.Addr) bool {
		return !a.IsPrivate() && !a.IsLoopback() && !a.IsUnspecified() && !a.IsLinkLocalUnicast() &&
			!a.IsLinkLocalMulticast() && !a.IsInterfaceLocalMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
	},
}

func parseNetwork(text string) (network, error) {
	if n, ok := namedNetworks[text]; ok {
		return n, nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		names := make([]string, 0, len(namedNetworks))
		for name := range namedNetworks {
			names = append(names, name)
		}
		return nil, fmt.Errorf("%s, or write a network such as 10.0.0.0/8", Unknown("network", text, slices.Sorted(slices.Values(names))))
	}
	return prefix.Masked().Contains, nil
}

func compileNetworkDirection(b *Build) Step {
	s := &directionStep{
		source: b.Field("source_ip"), destination: b.Field("destination_ip"), target: b.Target("target_field"),
		networksField: b.Field("internal_networks_field"), ignoreMissing: b.Bool("ignore_missing"),
	}
	if b.Has("internal_networks") == b.Has("internal_networks_field") {
		b.Problem("", "needs internal_networks or internal_networks_field, not both")
	}
	for _, text := range b.List("internal_networks") {
		n, err := parseNetwork(text)
		if err != nil {
			b.Problem("internal_networks", "%s", err)
		}
		s.networks = append(s.networks, n)
	}
	return s
}

func (s *directionStep) Run(c *Context) error {
	networks, err := s.internal(c)
	if err != nil || networks == nil {
		return err
	}
	source, err := c.address(s.source)
	if err == nil {
		var destination netip.Addr
		if destination, err = c.address(s.destination); err == nil {
			inside := func(a netip.Addr) bool {
				return slices.ContainsFunc(networks, func(n network) bool { return n(a) })
			}
			c.Event.Set(s.target, direction(inside(source), inside(destination)))
			return nil
		}
	}
	if missing(err, s.ignoreMissing) {
		return nil
	}
	return err
}

// internal returns the networks; none and no error means that there is nothing to do.
func (s *directionStep) internal(c *Context) (networks []network, err error) {
	if s.networksField == event.None {
		return s.networks, nil
	}
	v := c.Event.Get(s.networksField)
	if v == nil || v.Kind == event.KindNull {
		if s.ignoreMissing {
			return nil, nil
		}
		return nil, errMissing
	}
	if v.Kind != event.KindRaw || v.Bytes()[0] != '[' {
		return nil, errNotList
	}
	err = eachItem(v.Bytes(), func(item []byte) error {
		value := itemValue(item)
		n, err := parseNetwork(string(value.Text()))
		networks = append(networks, n)
		if err == nil {
			err = c.spend(itemWork)
		}
		return err
	})
	return networks, err
}

var (
	directionInternal = event.Constant("internal")
	directionOutbound = event.Constant("outbound")
	directionInbound  = event.Constant("inbound")
	directionExternal = event.Constant("external")
)

func direction(source, destination bool) event.Value {
	switch {
	case source && destination:
		return directionInternal
	case source:
		return directionOutbound
	case destination:
		return directionInbound
	}
	return directionExternal
}
