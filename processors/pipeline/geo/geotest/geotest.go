// Package geotest makes small databases of MaxMind's format for tests: 203.0.113.0/24 lies in Berlin and belongs to AS64500.
package geotest

import (
	"bytes"
	"net"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/millrace/millrace/processors/pipeline/geo"
)

// City returns the bytes of a database of cities.
func City(tb testing.TB, city string) []byte {
	tb.Helper()
	named := func(code, name string) mmdbtype.Map {
		m := mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(name)}}
		if code != "" {
			m["iso_code"] = mmdbtype.String(code)
		}
		return m
	}
	return file(tb, "GeoLite2-City", mmdbtype.Map{
		"continent":    mmdbtype.Map{"code": mmdbtype.String("EU"), "names": mmdbtype.Map{"en": mmdbtype.String("Europe")}},
		"country":      named("DE", "Germany"),
		"subdivisions": mmdbtype.Slice{named("BE", "Land Berlin")},
		"city":         named("", city),
		"location":     mmdbtype.Map{"latitude": mmdbtype.Float64(52.5), "longitude": mmdbtype.Float64(13.4)},
	})
}

// ASN returns the bytes of a database of networks.
func ASN(tb testing.TB) []byte {
	tb.Helper()
	return file(tb, "GeoLite2-ASN", mmdbtype.Map{
		"autonomous_system_number": mmdbtype.Uint32(64500), "autonomous_system_organization": mmdbtype.String("Example"),
	})
}

func file(tb testing.TB, kind string, record mmdbtype.Map) []byte {
	tb.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		tb.Fatal(err)
	}
	_, network, err := net.ParseCIDR("203.0.113.0/24")
	if err != nil {
		tb.Fatal(err)
	}
	if err := tree.Insert(network, record); err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := tree.WriteTo(&out); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// Set returns both databases.
func Set(tb testing.TB) *geo.Set {
	tb.Helper()
	var list []*geo.DB
	for _, bytes := range [][]byte{City(tb, "Berlin"), ASN(tb)} {
		db, err := geo.Open(bytes)
		if err != nil {
			tb.Fatal(err)
		}
		list = append(list, db)
	}
	return geo.NewSet([]string{"GeoLite2-City.mmdb", "GeoLite2-ASN.mmdb"}, list)
}
