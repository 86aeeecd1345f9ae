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

// Answer is what is known of an address, ready for documents. It belongs to the goroutine of its cache.
type Answer struct {
	known   *known
	addr    netip.Addr
	network netip.Prefix
	own     [Network + 1]event.Value // of the address alone; made when they are asked for
}

// known is a record, which many addresses share.
type known struct {
	found  bool
	values [numFields]event.Value // null: not known
}

// Found reports whether anything is known.
func (a *Answer) Found() bool { return a.known.found }

// Value returns a field; null is not known.
func (a *Answer) Value(f Field) event.Value {
	if f > Network {
		return a.known.values[f]
	}
	if v := &a.own[f]; v.Kind == event.KindNull && a.known.found {
		switch {
		case f == IP:
			*v = text(a.addr.String())
		case a.network.IsValid():
			*v = text(a.network.String())
		}
	}
	return a.own[f]
}

const (
	// size is how many addresses a cache remembers in each of its generations.
	size = 4096
	// records is how many records, of which each serves all addresses of some networks.
	records = 1024
	// longest is the text of an address with a zone that is worth remembering.
	longest = 64
)

// Cache remembers the answers of a set for one goroutine.
type Cache struct {
	set   *Set
	named map[string]*memory // by name of the database
}

// memory is what is remembered of some databases.
type memory struct {
	files   []*DB
	answers *cache.Cache[*Answer] // by address
	known   *cache.Cache[*known]  // by hits.key
	key     []byte
}

// Lookup is Set.Lookup with memory. The text is an IP address; one that is none gives nil.
func (c *Cache) Lookup(set *Set, name string, text []byte) *Answer {
	if c.set != set || c.named == nil {
		c.set, c.named = set, map[string]*memory{}
	}
	m := c.named[name]
	if m == nil {
		m = &memory{files: set.files(name), answers: cache.New[*Answer](size), known: cache.New[*known](records)}
		c.named[name] = m
	}
	if answer, ok := m.answers.Get(text); ok {
		return answer
	}
	addr, err := netip.ParseAddr(string(text))
	if err != nil {
		return nil
	}
	answer := m.ask(addr.WithZone("").Unmap())
	if len(text) <= longest {
		m.answers.Put(string(text), answer)
	}
	return answer
}

// ask looks an address up. Its record is read and rendered only if no address before it had the same.
func (m *memory) ask(addr netip.Addr) *Answer {
	h := find(m.files, addr)
	answer := &Answer{addr: addr, network: h.network()}
	m.key = h.key(m.key[:0])
	var ok bool
	if answer.known, ok = m.known.Get(m.key); !ok {
		record, found := h.record()
		answer.known = &known{found: found, values: record.values()}
		m.known.Put(string(m.key), answer.known)
	}
	return answer
}

func text(s string) event.Value {
	quoted, _ := event.AppendString(nil, []byte(s))
	return event.Quoted(quoted)
}

func (r *Record) values() (values [numFields]event.Value) {
	for f, s := range map[Field]string{
		ContinentCode: r.ContinentCode, ContinentName: r.ContinentName, CountryCode: r.CountryISOCode, CountryName: r.CountryName,
		RegionCode: r.RegionISOCode, RegionName: r.RegionName, CityName: r.CityName, PostalCode: r.PostalCode, Timezone: r.Timezone,
		Organization: r.Organization,
	} {
		if s != "" {
			values[f] = text(s)
		}
	}
	if r.Located {
		values[Latitude], values[Longitude] = event.Float(r.Latitude), event.Float(r.Longitude)
	}
	if r.ASN != 0 {
		values[ASN] = event.Number(strconv.AppendUint(nil, r.ASN, 10))
	}
	return values
}
