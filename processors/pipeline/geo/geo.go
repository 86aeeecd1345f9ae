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
	tree   *tree // nil: ask the reader
}

// Open makes a database of the bytes of a file, which must not change. It checks their structure, so that a broken file is
// refused here.
func Open(file []byte) (*DB, error) {
	reader, err := maxminddb.OpenBytes(file)
	if err != nil {
		return nil, fmt.Errorf("read geo database: %w", err)
	}
	m := &reader.Metadata
	return &DB{reader: reader, tree: newTree(file, m.NodeCount, m.RecordSize, m.IPVersion)}, nil
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

// nowhere is where the data lie of an address that a file does not know.
const nowhere = ^uintptr(0)

// offset is where the data of an address lie.
func (d *DB) offset(addr netip.Addr) uintptr {
	if d.tree != nil && addr.Is4() {
		b := addr.As4()
		return d.tree.find(binary.BigEndian.Uint32(b[:]))
	}
	if result := d.reader.Lookup(addr); result.Found() {
		return result.Offset()
	}
	return nowhere
}

// add fills what is not known yet with what this database has at an offset.
func (d *DB) add(offset uintptr, r *Record) (found bool) {
	var x raw
	if offset == nowhere || d.reader.LookupOffset(offset).Decode(&x) != nil {
		return false // or a record of a shape that we do not know
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
	files := s.files(name)
	return recordAt(files, offsets(nil, files, addr))
}

// offsets appends where the data of an address lie in each file.
func offsets(dst []uintptr, files []*DB, addr netip.Addr) []uintptr {
	for _, db := range files {
		dst = append(dst, db.offset(addr))
	}
	return dst
}

// recordAt puts together what the files have; the first counts where two have the same.
func recordAt(files []*DB, offsets []uintptr) (r Record, found bool) {
	for i, db := range files {
		if db.add(offsets[i], &r) {
			found = true
		}
	}
	return r, found
}

// network is the smallest of the files that holds the address.
func network(files []*DB, addr netip.Addr) (p netip.Prefix) {
	for _, db := range files {
		result := db.reader.Lookup(addr)
		if result.Found() && (!p.IsValid() || result.Prefix().Bits() > p.Bits()) {
			p = result.Prefix()
		}
	}
	return p
}
