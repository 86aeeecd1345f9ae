package suggest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// MaxLines is how many lines are studied at most; more teach little.
const MaxLines = 20_000

// Suggestion is what was found.
type Suggestion struct {
	// Lines is how many were studied.
	Lines int `json:"lines"`
	// Steps is a pipeline for what the lines begin with; none when nothing is certain.
	Steps json.RawMessage `json:"steps,omitempty"`
	// Templates are the kinds of messages, the most frequent first.
	Templates []Template `json:"templates"`
	// Others are lines that are of none of them.
	Others int `json:"others"`
}

// Template is one kind of message.
type Template struct {
	Count int `json:"count"`
	// Pattern is a dissect pattern for the message.
	Pattern string `json:"pattern"`
	// Fields are the fields that it gives, with what their values look like.
	Fields []Field `json:"fields,omitempty"`
	// Example is one of the messages.
	Example string `json:"example"`
}

// Field is a variable part of a template.
type Field struct {
	Name string `json:"name"`
	// Looks is ip, number, measure, uuid, time, hex, email, url, path or word.
	Looks string `json:"looks"`
}

// Study proposes how to parse lines that were read at at.
func Study(lines []string, at time.Time) Suggestion {
	lines = lines[:min(len(lines), MaxLines)]
	words := make([][]string, 0, len(lines))
	for _, line := range lines {
		if fields := strings.Fields(line); len(fields) > 0 {
			words = append(words, fields)
		}
	}
	s := Suggestion{Lines: len(lines), Others: len(lines) - len(words)}
	h := heading(words, at)
	if h != nil {
		s.Steps = h.steps(padded(lines, h.words))
	}
	m := newMiner()
	for _, w := range words {
		m.add(h.rest(w))
	}
	s.Others += m.others
	for _, t := range m.templates() {
		s.Templates = append(s.Templates, t.describe())
	}
	return s
}

// padded tells that blanks stand two in a row within the first words of some lines.
func padded(lines []string, words int) bool {
	for _, line := range lines {
		for range words {
			at := strings.IndexByte(line, ' ')
			if at < 0 {
				break
			}
			if strings.HasPrefix(line[at+1:], " ") {
				return true
			}
			line = line[at+1:]
		}
	}
	return false
}

// steps is the pipeline that takes the head off the lines.
func (h *head) steps(padded bool) json.RawMessage {
	pattern := h.pattern
	if padded {
		pattern = strings.ReplaceAll(pattern, "} ", "->} ")
		for _, mark := range []string{"]:", "],", "]", "):", ")", ">", ":", ",", ";", "|"} {
			pattern = strings.ReplaceAll(pattern, "}"+mark+" ", "}"+mark+"%{?->} ")
		}
	}
	dissect := map[string]any{"field": "message", "pattern": pattern}
	if strings.Contains(pattern, "%{+") {
		dissect["append_separator"] = " "
	}
	steps := []map[string]map[string]any{{"dissect": dissect}}
	if h.has("timestamp") {
		steps = append(steps,
			map[string]map[string]any{"date": {"field": "timestamp", "formats": h.dates}},
			map[string]map[string]any{"remove": {"field": "timestamp"}})
	}
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false) // a pattern shall be read by people
	if err := enc.Encode(steps); err != nil {
		panic(fmt.Sprintf("suggest: steps: %v", err)) // strings always marshal
	}
	return bytes.TrimSpace(raw.Bytes())
}

// describe writes a template as a dissect pattern. A variable whose neighbour is one,
// too, is told from it by the blank.
func (t *template) describe() Template {
	out := Template{Count: t.count, Example: t.example}
	var names namer
	parts := make([]string, len(t.slots))
	for i := range t.slots {
		s := &t.slots[i]
		if !s.variable || len(s.values) == 1 && t.count > 1 {
			parts[i] = s.constant()
			continue
		}
		before, after := common(s.values)
		if len(s.values) == 1 {
			before, after = alone(s.values[0])
		}
		looks := (*class)(nil)
		if len(s.values) > 0 {
			v := s.values[0]
			looks = classOf(v[len(before) : len(v)-len(after)])
		}
		previous := ""
		if i > 0 && !t.slots[i-1].variable {
			previous = t.slots[i-1].text
		}
		field := Field{Name: names.name(before, previous, looks), Looks: "word"}
		if looks != nil {
			field.Looks = looks.name
		}
		out.Fields = append(out.Fields, field)
		parts[i] = before + "%{" + field.Name + "}" + after
	}
	out.Pattern = strings.Join(parts, " ")
	return out
}

func (s *slot) constant() string {
	if s.variable {
		return s.values[0]
	}
	return s.text
}

// alone takes the marks off the only value of a variable.
func alone(value string) (before, after string) {
	inner := strip(value)
	if inner == "" {
		return "", ""
	}
	if _, v, ok := strings.Cut(inner, "="); ok && v != "" {
		inner = strings.Trim(v, `"'`)
	}
	at := strings.LastIndex(value, inner)
	return value[:at], value[at+len(inner):]
}
