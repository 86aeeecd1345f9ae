package geo

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// place is where addresses are: those of a country, or of a city. Without parts, nothing is known but that they are in a
// database.
type place struct {
	parts []event.Part
	room  [4]event.Part // a country's, beside it in memory
}

// owner is whose addresses are: of an autonomous system. It is one line of the processor's cache.
type owner struct {
	parts [2]event.Part // ASN and, if it has a name, Organization
	count int
}

// newPlace renders what a record says of places; nil if that is nothing.
func newPlace(r *Record, words *event.Words) *place {
	p := &place{}
	p.parts = p.room[:0]
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
	} {
		if known.text != "" {
			p.add(known.field, words.Constant(known.text))
		}
	}
	if r.Located {
		p.add(Latitude, float(r.Latitude))
		p.add(Longitude, float(r.Longitude))
	}
	if len(p.parts) == 0 {
		return nil
	}
	return p
}

func (p *place) add(f Field, v event.Value) { p.parts = append(p.parts, event.NewPart(uint8(f), v)) }

// with is the place with what another one knows besides.
func (p *place) with(other *place) *place {
	both := &place{parts: slices.Clone(p.parts)}
	for i := range other.parts {
		part := &other.parts[i]
		if !slices.ContainsFunc(p.parts, func(known event.Part) bool { return known.Field() == part.Field() }) {
			both.parts = append(both.parts, *part)
		}
	}
	return both
}

// newOwner renders what a record says of owners; nil if that is nothing.
func newOwner(r *Record, words *event.Words) *owner {
	if r.ASN == 0 {
		return nil
	}
	o := &owner{count: 1}
	o.parts[0] = event.NewPart(uint8(ASN), event.ConstantNumber(strconv.FormatUint(r.ASN, 10)))
	if r.Organization != "" {
		o.parts[1] = event.NewPart(uint8(Organization), words.Constant(r.Organization))
		o.count = 2
	}
	return o
}

// float is a number rendered once for all documents. A whole one, which would be an integer then, stays what it is.
func float(f float64) event.Value {
	v := event.Float(f)
	if spelled, _ := v.Append(nil); bytes.ContainsAny(spelled, ".e") {
		return event.ConstantNumber(string(spelled))
	}
	return v
}
