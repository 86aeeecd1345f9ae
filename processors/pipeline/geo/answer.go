package geo

import (
	"net/netip"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// Field is a part of a record, as it is named in Elastic's geoip processor.
type Field uint8

// The fields. The first two are of an address alone, the others of all that share a record.
const (
	IP Field = iota
	Network
	ContinentCode
	ContinentName
	CountryCode
	CountryName
	RegionCode
	RegionName
	CityName
	PostalCode
	Timezone
	Latitude
	Longitude
	ASN
	Organization
	NumFields
)

// Fields names the fields, in their order.
var Fields = [NumFields]string{
	IP:            "ip",
	Network:       "network",
	ContinentCode: "continent_code",
	ContinentName: "continent_name",
	CountryCode:   "country_iso_code",
	CountryName:   "country_name",
	RegionCode:    "region_iso_code",
	RegionName:    "region_name",
	CityName:      "city_name",
	PostalCode:    "postal_code",
	Timezone:      "timezone",
	Latitude:      "location.lat",
	Longitude:     "location.lon",
	ASN:           "asn",
	Organization:  "organization_name",
}

// Answer is what is known of an address, in two halves, each of which many addresses share. It does not change, and is small
// enough to stand where the address does: what it points to is asked for so often that it is near.
type Answer struct {
	place *event.Answer // without fields, nothing is known but that the address is in a database
	owner *event.Answer
}

// Found reports whether a database knows the address.
func (a Answer) Found() bool { return a != Answer{} }

// Set sets the fields that are known but IP and Network. Targets says for each which field it is in the event.
func (a Answer) Set(e *event.Event, targets []event.ID) {
	e.SetAnswers(targets, a.place, a.owner)
}

// Address is what an answer does not hold, for it is of one address alone; null where nothing is known.
type Address struct{ IP, Network event.Value }

func newAddress(addr netip.Addr, network netip.Prefix) (a Address) {
	if network.IsValid() {
		a.IP, a.Network = event.Constant(addr.String()), event.Constant(network.String())
	}
	return a
}
