package query

import "github.com/millrace/millrace/internal/query/address"

// addresses checks the value of a field that holds addresses, and turns a pattern over whole parts into the network that
// it means: no index looks for patterns in addresses.
func (p *parser) addresses(start int, n Node) (Node, error) {
	switch v := n.(type) {
	case Term:
		if address.Field(v.Field) {
			return p.address(start, v.Field, v.Text)
		}
	case Phrase:
		if address.Field(v.Field) {
			return p.address(start, v.Field, v.Text)
		}
	case Wildcard:
		if !address.Field(v.Field) {
			return n, nil
		}
		network, ok := address.OfPattern(v.Pattern)
		if !ok {
			return nil, p.fail(start, "wildcards stand for whole parts at the end of an IPv4 address here (10.1.*); write other networks like 192.0.2.0/24 or 2001:db8::/32")
		}
		return Term{v.Field, network}, nil
	}
	return n, nil
}

// address is a condition on an address or a network, in its one spelling: Elasticsearch takes no network that begins like
// ::ffff:10.0.0.0.
func (p *parser) address(at int, field, text string) (Node, error) {
	if err := address.Check(text); err != nil {
		return nil, p.fail(at, "%v", err)
	}
	if network, ok := address.Network(text); ok {
		return Term{field, network.String()}, nil
	}
	return Term{field, address.Canonical(text)}, nil
}
