package geo

import (
	"bytes"
	"strconv"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// newPlace renders what a record says of places, of a country or a city; nil if that is nothing.
func newPlace(r *Record, words *event.Words) *event.Answer {
	p := event.NewAnswer()
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
			p.Add(uint8(known.field), words.Constant(known.text))
		}
	}
	if r.Located {
		p.Add(uint8(Latitude), float(r.Latitude))
		p.Add(uint8(Longitude), float(r.Longitude))
	}
	if p.Fields() == 0 {
		return nil
	}
	return p
}

// newOwner renders what a record says of owners, of autonomous systems; nil if that is nothing.
func newOwner(r *Record, words *event.Words) *event.Answer {
	if r.ASN == 0 {
		return nil
	}
	o := event.NewAnswer()
	o.Add(uint8(ASN), event.ConstantNumber(strconv.FormatUint(r.ASN, 10)))
	if r.Organization != "" {
		o.Add(uint8(Organization), words.Constant(r.Organization))
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
