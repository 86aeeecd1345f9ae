package geo

import (
	"net/netip"
	"strconv"

	"github.com/millrace/millrace/processors/pipeline/cache"
	"github.com/millrace/millrace/processors/pipeline/event"
)

// Field is a part of a record, as it is named in Elastic's geoip processor.
type Field uint8

// The fields.
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
	numFields
)

// Fields names the fields, in their order.
var Fields = [numFields]string{
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

// Answer is a record with its values ready for documents. It does not change.
type Answer struct {
	Found  bool
	Values [numFields]event.Value // null: not known
}

// size is how many addresses a cache remembers in each of its generations.
const size = 4096

// Cache remembers the answers of a set for one goroutine.
type Cache struct {
	set     *Set
	answers map[string]*cache.Cache[*Answer] // by name of the database
}

// Lookup is Set.Lookup with memory. The text is an IP address; one that is none gives nil.
func (c *Cache) Lookup(set *Set, name string, text []byte) *Answer {
	if c.set != set || c.answers == nil {
		c.set, c.answers = set, map[string]*cache.Cache[*Answer]{}
	}
	known := c.answers[name]
	if known == nil {
		known = cache.New[*Answer](size)
		c.answers[name] = known
	}
	if answer, ok := known.Get(text); ok {
		return answer
	}
	addr, err := netip.ParseAddr(string(text))
	if err != nil {
		return nil
	}
	addr = addr.WithZone("").Unmap()
	record, found := set.Lookup(name, addr)
	answer := &Answer{Found: found, Values: record.values(addr)}
	const longest = 64 // of an address with a zone
	if len(text) <= longest {
		known.Put(string(text), answer)
	}
	return answer
}

func (r *Record) values(addr netip.Addr) (values [numFields]event.Value) {
	text := func(f Field, s string) {
		if s != "" {
			quoted, _ := event.AppendString(nil, []byte(s))
			values[f] = event.Quoted(quoted)
		}
	}
	text(IP, addr.String())
	text(ContinentCode, r.ContinentCode)
	text(ContinentName, r.ContinentName)
	text(CountryCode, r.CountryISOCode)
	text(CountryName, r.CountryName)
	text(RegionCode, r.RegionISOCode)
	text(RegionName, r.RegionName)
	text(CityName, r.CityName)
	text(PostalCode, r.PostalCode)
	text(Timezone, r.Timezone)
	text(Organization, r.Organization)
	if r.Network.IsValid() {
		text(Network, r.Network.String())
	}
	if r.Located {
		values[Latitude], values[Longitude] = event.Float(r.Latitude), event.Float(r.Longitude)
	}
	if r.ASN != 0 {
		values[ASN] = event.Number(strconv.AppendUint(nil, r.ASN, 10))
	}
	return values
}
