package step

import (
	"errors"
	"net/netip"

	"github.com/millrace/millrace/processors/pipeline/event"
)

var errPort = errors.New("not a port")

// address reads the IP address of a field.
func (c *Context) address(id event.ID) (netip.Addr, error) {
	text, err := c.text(id)
	if err != nil {
		return netip.Addr{}, err
	}
	addr, err := netip.ParseAddr(asString(text))
	if err != nil {
		return netip.Addr{}, errIP
	}
	return addr.Unmap().WithZone(""), nil
}

// number reads a field that is a small number: of 0 to most.
func (c *Context) number(id event.ID, most int64) (int, error) {
	text, err := c.text(id)
	if err != nil {
		return 0, err
	}
	n, ok := plainInteger(text)
	if !ok || n > most {
		return 0, errPort
	}
	return int(n), nil
}
