package step

import (
	"slices"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/useragent"
)

func userAgentSpec() Spec {
	return Spec{
		Name:    "user_agent",
		Summary: "Reads which browser, system and device a User-Agent header names.",
		Example: `{"user_agent": {"field": "user_agent.original", "ignore_missing": true}}`,
		Options: []Option{
			fieldOption("the header"),
			{Name: "target_field", Type: TypeTarget, Default: "user_agent", Summary: "the object to put the fields in"},
			{Name: "properties", Type: TypeList, Enum: []string{"name", "os", "device", "original", "version"}, Summary: "what to set; without it all"},
			{Name: "extract_device_type", Type: TypeBool, Default: false, Summary: "set device.type: Robot, Phone, Tablet, Desktop or Other"},
			ignoreMissingOption(false),
		},
		compile: compileUserAgent,
	}
}

type agentStep struct {
	field         event.ID
	targets       [useragent.NumFields]event.ID // none: not wanted
	ignoreMissing bool
}

func compileUserAgent(b *Build) Step {
	s := &agentStep{field: b.Field("field"), ignoreMissing: b.Bool("ignore_missing")}
	for i := range s.targets {
		s.targets[i] = event.None
	}
	if b.Target("target_field") == event.None {
		return s
	}
	properties := b.List("properties")
	for i, name := range useragent.Fields {
		f := useragent.Field(i)
		property := map[useragent.Field]string{
			useragent.Name: "name", useragent.Version: "version", useragent.OSName: "os", useragent.OSVersion: "os", useragent.OSFull: "os",
			useragent.DeviceName: "device", useragent.DeviceType: "device", useragent.Original: "original",
		}[f]
		if f == useragent.DeviceType && !b.Bool("extract_device_type") || len(properties) > 0 && !slices.Contains(properties, property) {
			continue
		}
		target := b.Sink("target_field", b.Path("target_field")+"."+name)
		if f == useragent.Original && target == s.field {
			continue // it is there already
		}
		s.targets[f] = target
	}
	return s
}

func (s *agentStep) Run(c *Context) error {
	v := c.Event.Get(s.field)
	if v == nil || v.Kind == event.KindNull {
		if s.ignoreMissing {
			return nil
		}
		return errMissing
	}
	if !v.IsText() {
		return errNotText
	}
	text := v.Text()
	if err := c.spend(len(text)); err != nil {
		return err
	}
	if c.agents == nil {
		c.agents = useragent.NewCache()
	}
	c.agents.Lookup(text).Set(c.Event, s.targets[:])
	return nil
}
