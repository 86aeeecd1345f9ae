package geo

import (
	"bytes"
	"strconv"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// newPlace renders what a record says of places, of a country or a city; nil if that is nothing.
func newPlace(r *Record) *event.Answer {
	var parts []event.Part
	add := func(f Field, v event.Value) { parts = append(parts, event.Part{Number: uint8(f), Value: v}) }
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
			add(known.field, event.Constant(known.text))
		}
	}
	if r.Located {
		add(Latitude, float(r.Latitude))
		add(Longitude, float(r.Longitude))
	}
	if len(parts) == 0 {
		return nil
	}
	return event.NewAnswer(parts...)
}

// newOwner renders what a record says of owners, of autonomous systems; nil if that is nothing.
func newOwner(r *Record) *event.Answer {
	if r.ASN == 0 {
		return nil
	}
	parts := []event.Part{{Number: uint8(ASN), Value: event.ConstantNumber(strconv.FormatUint(r.ASN, 10))}}
	if r.Organization != "" {
		parts = append(parts, event.Part{Number: uint8(Organization), Value: event.Constant(r.Organization)})
	}
	return event.NewAnswer(parts...)
}

// float is a number rendered once for all documents. A whole one, which would be an integer then, stays what it is.
func float(f float64) event.Value {
	v := event.Float(f)
	if spelled, _ := v.Append(nil); bytes.ContainsAny(spelled, ".e") {
		return event.ConstantNumber(string(spelled))
	}
	return v
}
