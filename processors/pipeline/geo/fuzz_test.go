package geo_test

import (
	"net/netip"
	"testing"

	"github.com/millrace/millrace/processors/pipeline/geo"
	"github.com/millrace/millrace/processors/pipeline/geo/geotest"
)

// FuzzOpen opens any file as a database and asks it: a broken one is refused, or knows less, and never panics.
func FuzzOpen(f *testing.F) {
	f.Add(geotest.City(f, "Berlin"), "203.0.113.9")
	f.Add(geotest.ASN(f), "2001:db8::1")
	f.Fuzz(func(_ *testing.T, file []byte, text string) {
		db, err := geo.Open(file)
		if err != nil {
			return
		}
		set := geo.NewSet([]string{db.Type()}, []*geo.DB{db})
		var c geo.Cache
		c.Lookup(set, "", []byte(text))
		c.Lookup(set, db.Type(), []byte("203.0.113.9"))
		if addr, err := netip.ParseAddr(text); err == nil {
			set.Lookup("", addr)
		}
	})
}
