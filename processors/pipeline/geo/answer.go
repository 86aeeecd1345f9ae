package geo

import (
	"bytes"
	"net/netip"
	"strconv"

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

// Answer is what is known of addresses, ready for documents. It does not change.
type Answer struct {
	Found bool
	Parts []event.Part // all but IP and Network, by Field
	room  [5]event.Part
}

// Value returns a field; null is not known.
func (a *Answer) Value(f Field) event.Value {
	for i := range a.Parts {
		if a.Parts[i].Field() == uint8(f) {
			return a.Parts[i].Value()
		}
	}
	return event.Value{}
}

// Address is what an answer does not hold, for it is of one address alone; null where nothing is known.
type Address struct{ IP, Network event.Value }

func newAddress(addr netip.Addr, network netip.Prefix) (a Address) {
	if network.IsValid() {
		a.IP, a.Network = event.Constant(addr.String()), event.Constant(network.String())
	}
	return a
}

// newAnswer makes the answer of a record.
func newAnswer(r *Record, words *event.Words) *Answer {
	a := &Answer{Found: true}
	a.Parts = a.room[:0] // what most answers need stands beside them in memory
	for _, known := range [...]struct {
		field Field
		text  string
	}{
		{ContinentCode, r.ContinentCode},
		{ContinentName, r.ContinentName},
		{CountryCode, r.CountryISOCode},
		{CountryName, r.CountryName},
		{RegionCode, r.RegionISOCode},
		{RegionName, r.RegionName},
		{CityName, r.CityName},
		{PostalCode, r.PostalCode},
		{Timezone, r.Timezone},
		{Organization, r.Organization},
	} {
		if known.text != "" {
			a.add(known.field, words.Constant(known.text))
		}
	}
	if r.Located {
		a.add(Latitude, float(r.Latitude))
		a.add(Longitude, float(r.Longitude))
	}
	if r.ASN != 0 {
		a.add(ASN, event.ConstantNumber(strconv.FormatUint(r.ASN, 10)))
	}
	return a
}

func (a *Answer) add(f Field, v event.Value) { a.Parts = append(a.Parts, event.NewPart(uint8(f), v)) }

// float is a number rendered once for all documents. A whole one, which would be an integer then, stays what it is.
func float(f float64) event.Value {
	v := event.Float(f)
	if spelled, _ := v.Append(nil); bytes.ContainsAny(spelled, ".e") {
		return event.ConstantNumber(string(spelled))
	}
	return v
}
