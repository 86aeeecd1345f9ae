package collect

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// targets are the targets of the keys of Reading that are plain values.
func (r *Reading) targets() map[string]any {
	return map[string]any{
		"container": &r.Container, "charset": &r.Charset, "max_line_bytes": &r.MaxLineBytes,
		"ignore_older": &r.IgnoreOlder, "gzip": &r.Gzip,
	}
}

// fillMultiline takes the name of a preset or an object.
func (p *parser) fillMultiline(c *Collection, raw json.RawMessage) {
	m := &Multiline{}
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte{'"'}) {
		p.decode("multiline", raw, &m.Preset)
		c.Multiline = m
		return
	}
	if p.into("multiline", raw, map[string]any{
		"preset": &m.Preset, "mode": &m.Mode, "pattern": &m.Pattern, "negate": &m.Negate,
		"timeout": &m.Timeout, "max_bytes": &m.MaxBytes, "max_lines": &m.MaxLines,
	}) {
		c.Multiline = m
	}
}

func (p *parser) fillLimits(c *Collection, raw json.RawMessage) {
	l := &Limits{}
	if p.into("limits", raw, map[string]any{
		"lines_per_second": &l.LinesPerSecond, "bytes_per_second": &l.BytesPerSecond, "burst": &l.Burst,
	}) {
		c.Limits = l
	}
}

// into reads an object whose keys are those of targets, and reports whether it is one.
func (p *parser) into(at string, raw json.RawMessage, targets map[string]any) bool {
	fields := p.object(at, raw)
	known := sortedKeys(targets)
	for _, key := range sortedKeys(fields) {
		if target, ok := targets[key]; ok {
			p.decode(at+"."+key, fields[key], target)
			continue
		}
		p.add(at+"."+key, "unknown key%s; the keys are %s", didYouMean(key, known), strings.Join(known, ", "))
	}
	return fields != nil
}

// withDefaults fills in what may be left out of the blocks that are there. A new map or
// pointer is never shared with the caller's.
func (r *Reading) withDefaults() {
	if r.Multiline != nil {
		m := *r.Multiline
		m.withDefaults()
		r.Multiline = &m
	}
	if r.Limits != nil {
		l := *r.Limits
		if l.Burst == 0 {
			l.Burst = DefaultBurst
		}
		r.Limits = &l
	}
	if r.MaxLineBytes == MaxLine {
		r.MaxLineBytes = 0
	}
	r.Charset = charsetName(r.Charset)
}

// charsetName is the one way to write the name of a charset; empty is UTF-8.
func charsetName(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	if alias, ok := aliases[name]; ok {
		name = alias
	}
	return name
}

func (p *parser) checkReading(r *Reading) {
	if r.Multiline != nil {
		p.checkMultiline(r.Multiline)
	}
	switch r.Container {
	case "", CRI, Docker, AutoContainer:
	default:
		p.add("container", "must be \"cri\", \"docker\" or \"auto\", not %q", r.Container)
	}
	switch {
	case r.Charset != "" && !slices.Contains(charsets, r.Charset):
		p.add("charset", "must be one of %s, not %q", strings.Join(charsets, ", "), r.Charset)
	case r.Container != "" && r.Charset != "" && r.Charset != "utf-8":
		p.add("charset", "must be utf-8 where container is set: that is what container runtimes write")
	}
	if n := r.MaxLineBytes; n != 0 {
		p.within("max_line_bytes", n, MinLine, MaxLine)
		if n%2 != 0 {
			p.add("max_line_bytes", "must be even, so that no part ends within a character of UTF-16, not %d", n)
		}
	}
	if l := r.Limits; l != nil {
		p.checkLimits(l)
	}
}

func (p *parser) checkMultiline(m *Multiline) {
	switch {
	case m.Preset != "" && (m.Mode != "" || m.Pattern != "" || m.Negate):
		p.add("multiline.preset", "stands beside mode, pattern or negate: give one or the other")
	case m.Preset != "":
		if !slices.Contains(presets, m.Preset) {
			p.add("multiline.preset", "must be one of %s, not %q", strings.Join(presets, ", "), m.Preset)
		}
	default:
		p.checkPattern(m)
	}
	if m.Timeout > MaxTimeout {
		p.add("multiline.timeout", "must be at most %s, not %s", MaxTimeout, m.Timeout)
	}
	p.within("multiline.max_bytes", m.MaxBytes, MinLine, MostMaxBytes)
	p.within("multiline.max_lines", m.MaxLines, 2, MostMaxLines)
}

func (p *parser) checkPattern(m *Multiline) {
	switch {
	case m.Mode == "":
		p.add("multiline.mode", "is missing: \"start\", \"continuation\" or \"end\"; or name a preset: %s", strings.Join(presets, ", "))
	case !slices.Contains(modes, m.Mode):
		p.add("multiline.mode", "must be \"start\", \"continuation\" or \"end\", not %q", m.Mode)
	}
	if m.Pattern == "" {
		p.add("multiline.pattern", "is missing")
	} else if _, err := CompilePattern(m.Pattern); err != nil {
		p.add("multiline.pattern", "is %v", err)
	}
}

func (p *parser) checkLimits(l *Limits) {
	if l.LinesPerSecond == 0 && l.BytesPerSecond == 0 {
		p.add("limits", "must have lines_per_second or bytes_per_second")
	}
	p.within("limits.lines_per_second", l.LinesPerSecond, 0, 1<<30)
	p.within("limits.bytes_per_second", l.BytesPerSecond, 0, 1<<40)
	if l.Burst > MaxBurst {
		p.add("limits.burst", "must be at most %s, not %s", MaxBurst, l.Burst)
	}
}

func (p *parser) within(at string, n, least, most int) {
	if n < least || n > most {
		p.add(at, "must be %d to %d, not %d", least, most, n)
	}
}

// checkStart accepts the words, and a time. It leaves the one way to write it.
func (p *parser) checkStart(c *Collection) {
	if c.Start == Beginning || c.Start == End {
		return
	}
	age, err := ParseDuration(string(c.Start))
	if err != nil || age == 0 {
		p.add("start", "must be \"beginning\", \"end\" or a time such as \"24h\", not %q", c.Start)
		return
	}
	c.Start = Start(age.String())
}

// Age is the time of a Start that is one: files last written at most so long ago are read
// from their beginning, older ones from their end.
func (s Start) Age() (Duration, bool) {
	if s == Beginning || s == End || s == "" {
		return 0, false
	}
	age, err := ParseDuration(string(s))
	return age, err == nil
}
