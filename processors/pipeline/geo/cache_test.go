package geo_test

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/geo"
	"github.com/millrace/millrace/processors/pipeline/geo/geotest"
)

func TestAddressesOfANetworkShareItsRecordAndNothingElse(t *testing.T) {
	set := openSet(t)
	var c geo.Cache
	a, b := fields(t, &c, set, "203.0.113.9"), fields(t, &c, set, "203.0.113.10")
	for field, want := range map[geo.Field]string{
		geo.CityName: `"Berlin"`, geo.ASN: "64500", geo.Organization: `"Example"`,
	} {
		if got := string(a[field]); got != want {
			t.Errorf("%s is %s", geo.Fields[field], got)
		}
	}
	for range 2 {
		own := c.Address(set, "", []byte("203.0.113.10"))
		if string(own.IP.Text()) != "203.0.113.10" || string(own.Network.Text()) != "203.0.113.0/24" {
			t.Errorf("the second address is %s in %s", own.IP.Text(), own.Network.Text())
		}
	}
	if unsafe.SliceData(a[geo.CityName]) != unsafe.SliceData(b[geo.CityName]) {
		t.Error("the record was rendered twice")
	}
}

func TestAnAddressThatNoFileKnowsHasNothing(t *testing.T) {
	set := openSet(t)
	var c geo.Cache
	for range 2 {
		if a, _ := c.Lookup(set, "", []byte("198.51.100.1")); a.Found() {
			t.Error("it was found")
		}
		for f, value := range fields(t, &c, set, "198.51.100.1") {
			if value != nil {
				t.Errorf("%s is %s", geo.Fields[f], value)
			}
		}
	}
	if _, ok := c.Lookup(set, "", []byte("no address")); ok {
		t.Error("text has an answer")
	}
}

// fields is what the cache knows of an address, as it stands in documents.
func fields(tb testing.TB, c *geo.Cache, set *geo.Set, text string) (known [geo.NumFields][]byte) {
	tb.Helper()
	answer, ok := c.Lookup(set, "", []byte(text))
	if !ok {
		tb.Fatalf("%s is no address", text)
	}
	e := event.New(event.NewSchema())
	targets := make([]event.ID, geo.NumFields)
	for f, name := range geo.Fields {
		targets[f] = e.InternText(name)
	}
	answer.Set(e, targets)
	for f, id := range targets {
		if v := e.Get(id); v != nil {
			known[f] = v.Bytes()
		}
	}
	return known
}

// BenchmarkLookup asks for one address again and again, and for others of the same network each time.
func BenchmarkLookup(b *testing.B) {
	set := openSet(b)
	known := []byte("203.0.113.9")
	b.Run("known address", func(b *testing.B) {
		var c geo.Cache
		b.ReportAllocs()
		for b.Loop() {
			c.Lookup(set, "", known)
		}
	})
	b.Run("known record", func(b *testing.B) {
		c := &geo.Cache{}
		c.Lookup(set, "", known)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			// other spellings of addresses that the cache has not seen yet
			text := fmt.Appendf(nil, "0:0:0:0:0:ffff:cb00:71%02x%%%d", i%256, i)
			c.Lookup(set, "", text)
		}
	})
}

func openSet(tb testing.TB) *geo.Set {
	tb.Helper()
	var files []*geo.DB
	for _, data := range [][]byte{geotest.City(tb, "Berlin"), geotest.ASN(tb)} {
		db, err := geo.Open(data)
		if err != nil {
			tb.Fatal(err)
		}
		files = append(files, db)
	}
	return geo.NewSet([]string{"city.mmdb", "asn.mmdb"}, files)
}
