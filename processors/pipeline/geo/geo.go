// Package geo finds places and networks of IP addresses in databases of MaxMind's format (mmdb). A [DB] is made of the bytes
// of a file and never changes; who owns the files makes a new [Set] when one is replaced and hands it to the runners, whose
// [Cache] then begins anew. It reads no files, has no goroutine and never fails on an address: one that is not found has no
// record.
package geo

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Record is what the databases know of an address. Empty texts are not known.
type Record struct {
	ContinentCode, ContinentName   string
	CountryISOCode, CountryName    string
	RegionISOCode, RegionName      string
	CityName, PostalCode, Timezone string
	Latitude, Longitude            float64
	Located                        bool // Latitude and Longitude are known
	ASN                            uint64
	Organization                   string
}

// DB is one database.
type DB struct {
	reader *maxminddb.Reader
}

// Open makes a database of the bytes of a file, which must not change. It checks their structure, so that a broken file is
// refused here.
func Open(file []byte) (*DB, error) {
	reader, err := maxminddb.OpenBytes(file)
	if err != nil {
		return nil, fmt.Errorf("read geo database: %w", err)
	}
	return &DB{reader: reader}, nil
}

// Type returns what the file calls itself, such as GeoLite2-City.
func (d *DB) Type() string { return d.reader.Metadata.DatabaseType }

// raw is how records of the known databases look: those of MaxMind, and those of ip-location-db with plain fields.
type raw struct {
	Continent struct {
		Code  string            `maxminddb:"code"`
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"continent"`
	Country struct {
		Code  string            `maxminddb:"iso_code"`
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"country"`
	Subdivisions []struct {
		Code  string            `maxminddb:"iso_code"`
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"subdivisions"`
	City struct {
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"city"`
	Location struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
		Timezone  string   `maxminddb:"time_zone"`
	} `maxminddb:"location"`
	Postal struct {
		Code string `maxminddb:"code"`
	} `maxminddb:"postal"`
	ASN          uint64 `maxminddb:"autonomous_system_number"`
	Organization string `maxminddb:"autonomous_system_organization"`
	CountryCode  string `maxminddb:"country_code"`
}

// add fills what is not known yet with what this database has for an address.
func (d *DB) add(result maxminddb.Result, r *Record) (found bool) {
	var x raw
	if err := result.Decode(&x); err != nil {
		return false // a record of a shape that we do not know
	}
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	set(&r.ContinentCode, x.Continent.Code)
	set(&r.ContinentName, x.Continent.Names["en"])
	set(&r.CountryISOCode, x.Country.Code)
	set(&r.CountryName, x.Country.Names["en"])
	if x.CountryCode != "" {
		set(&r.CountryISOCode, x.CountryCode)
		c := countries[x.CountryCode]
		set(&r.CountryName, c.name)
		set(&r.ContinentCode, c.continent)
		set(&r.ContinentName, continents[c.continent])
	}
	if len(x.Subdivisions) > 0 {
		if s := x.Subdivisions[0]; s.Code != "" && x.Country.Code != "" {
			set(&r.RegionISOCode, x.Country.Code+"-"+s.Code)
			set(&r.RegionName, s.Names["en"])
		}
	}
	set(&r.CityName, x.City.Names["en"])
	set(&r.PostalCode, x.Postal.Code)
	set(&r.Timezone, x.Location.Timezone)
	if lat, lon := x.Location.Latitude, x.Location.Longitude; lat != nil && lon != nil && !r.Located && !math.IsNaN(*lat) && !math.IsNaN(*lon) {
		r.Latitude, r.Longitude, r.Located = *lat, *lon, true
	}
	if r.ASN == 0 && x.ASN != 0 {
		r.ASN, r.Organization = x.ASN, x.Organization
	}
	return true
}

// Set holds databases by the names of their files. It does not change; the zero value has none.
type Set struct {
	all   []*DB
	named map[string]*DB
}

// NewSet returns a set of databases. The order says which one counts where two know the same.
func NewSet(names []string, files []*DB) *Set {
	s := &Set{named: map[string]*DB{}}
	for i, name := range names {
		s.named[name] = files[i]
		s.all = append(s.all, files[i])
	}
	return s
}

// Has reports whether the set has a database of this name; the empty name stands for any.
func (s *Set) Has(name string) bool {
	return s != nil && (name == "" && len(s.all) > 0 || s.named[name] != nil)
}

// files are the databases that a name stands for.
func (s *Set) files(name string) []*DB {
	switch {
	case s == nil:
		return nil
	case name == "":
		return s.all
	case s.named[name] == nil:
		return nil
	}
	return []*DB{s.named[name]}
}

// Lookup finds what one database, or for the empty name all together, know of an address.
func (s *Set) Lookup(name string, addr netip.Addr) (r Record, found bool) {
	return find(s.files(name), addr).record()
}

// hits are where databases have something for an address.
type hits struct {
	files   []*DB
	results []maxminddb.Result // of each file
}

func find(files []*DB, addr netip.Addr) hits {
	h := hits{files, make([]maxminddb.Result, len(files))}
	for i, db := range files {
		h.results[i] = db.reader.Lookup(addr)
	}
	return h
}

// record puts together what the files have; the first counts where two have the same.
func (h hits) record() (r Record, found bool) {
	for i, result := range h.results {
		if result.Found() && h.files[i].add(result, &r) {
			found = true
		}
	}
	return r, found
}

// network is the smallest that holds the address.
func (h hits) network() (p netip.Prefix) {
	for _, result := range h.results {
		if result.Found() && (!p.IsValid() || result.Prefix().Bits() > p.Bits()) {
			p = result.Prefix()
		}
	}
	return p
}

// key names the record: addresses with the same key have the same. It is made in b.
func (h hits) key(b []byte) []byte {
	for _, result := range h.results {
		offset := uint64(0)
		if result.Found() {
			offset = uint64(result.Offset()) + 1
		}
		b = binary.LittleEndian.AppendUint64(b, offset)
	}
	return b
}
