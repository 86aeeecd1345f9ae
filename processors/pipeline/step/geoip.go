package step

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/geo"
)

func geoIPSpec() Spec {
	names := make([]string, 0, len(geo.Fields)+1)
	for _, name := range geo.Fields {
		if !strings.Contains(name, ".") {
			names = append(names, name)
		}
	}
	names = append(names, "location")
	slices.Sort(names)
	return Spec{
		Name: "geoip",
		Summary: "Finds the place and the network of an IP address in the processor's databases. Where the target is called geo, the network's " +
			"number and owner go beside it, to as.number and as.organization.name, as ECS has them. An address that no database knows sets nothing.",
		Example: `{"geoip": {"field": "source.ip", "target_field": "source.geo", "ignore_missing": true}}`,
		Options: []Option{
			fieldOption("the address, or an array of them"),
			{Name: "target_field", Type: TypeTarget, Default: "geoip", Summary: "the object to put the fields in"},
			{Name: "database_file", Type: TypeText, Default: "", Summary: "the name of one database file; without it all are asked"},
			{Name: "properties", Type: TypeList, Enum: names, Summary: "what to set; without it continent_name, country_*, region_*, city_name, location, asn and organization_name"},
			{Name: "first_only", Type: TypeBool, Default: true, Summary: "of an array take the first address that is found; all are not supported"},
			ignoreMissingOption(false),
		},
		compile: compileGeoIP,
		varies:  true,
	}
}

type geoStep struct {
	field         event.ID
	database      string
	targets       [geo.NumFields]event.ID // none: not wanted
	address       bool                    // what is of an address alone is wanted
	ignoreMissing bool
	failTag       string
}

func compileGeoIP(b *Build) Step {
	s := &geoStep{field: b.Field("field"), database: b.Text("database_file"), ignoreMissing: b.Bool("ignore_missing")}
	for i := range s.targets {
		s.targets[i] = event.None
	}
	s.failTag = strings.TrimSuffix("_geoip_database_unavailable_"+s.database, "_")
	if b.Has("first_only") && !b.Bool("first_only") {
		b.Problem("first_only", "only the first address of an array can be looked up")
	}
	path := b.Path("target_field")
	if b.Target("target_field") == event.None {
		return s
	}
	properties := b.List("properties")
	if len(properties) == 0 {
		properties = []string{
			"continent_name", "country_iso_code", "country_name", "region_iso_code", "region_name", "city_name", "location", "asn", "organization_name",
		}
	}
	object, isGeo := strings.CutSuffix("."+path, ".geo")
	object = strings.TrimPrefix(object+".as", ".")
	for i, name := range geo.Fields {
		property, _, _ := strings.Cut(name, ".")
		if !slices.Contains(properties, property) {
			continue
		}
		target := path + "." + name
		switch {
		case isGeo && geo.Field(i) == geo.ASN:
			target = object + ".number"
		case isGeo && geo.Field(i) == geo.Organization:
			target = object + ".organization.name"
		}
		s.targets[i] = b.Sink("target_field", target)
	}
	s.address = s.targets[geo.IP] != event.None || s.targets[geo.Network] != event.None
	return s
}

func (s *geoStep) Run(c *Context) error {
	v := c.Event.Get(s.field)
	switch {
	case v == nil || v.Kind == event.KindNull:
		if s.ignoreMissing {
			return nil
		}
		return errMissing
	case !v.IsText() && (v.Kind != event.KindRaw || v.Bytes()[0] != '['):
		return errIP
	}
	var set *geo.Set
	if c.Data != nil {
		set = c.Data.Geo()
	}
	if !set.Has(s.database) {
		c.Event.Tag(s.failTag)
	}
	if c.places == nil {
		c.places = &geo.Cache{}
	}
	if v.IsText() {
		_, err := s.lookup(c, set, v.Text())
		return err
	}
	done := false
	return eachItem(v.Bytes(), func(item []byte) error {
		value := itemValue(item)
		if done || !value.IsText() {
			return nil
		}
		if err := c.spend(itemWork); err != nil {
			return err
		}
		var err error
		done, err = s.lookup(c, set, value.Text())
		return err
	})
}

// lookup sets what is known of an address.
func (s *geoStep) lookup(c *Context, set *geo.Set, text []byte) (found bool, err error) {
	answer, ok := c.places.Lookup(set, s.database, text)
	if !ok {
		return false, errIP
	}
	answer.Set(c.Event, s.targets[:])
	found = answer.Found()
	if s.address && found {
		s.setAddress(c, set, text)
	}
	return found, nil
}

// setAddress sets what is known of an address alone.
func (s *geoStep) setAddress(c *Context, set *geo.Set, text []byte) {
	own := c.places.Address(set, s.database, text)
	if own.IP.Kind != event.KindNull {
		c.Event.Set(s.targets[geo.IP], own.IP)
		c.Event.Set(s.targets[geo.Network], own.Network)
	}
}
