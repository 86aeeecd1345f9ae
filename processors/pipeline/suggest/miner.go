package suggest

import (
	"cmp"
	"slices"
	"strings"
)

const (
	// likeness is the share of words that a message must have in common with a template.
	likeness = 0.5
	// leading is how many first words must be the same.
	leading = 1
	// maxTemplates bounds the miner; messages of further kinds count as others.
	maxTemplates = 2000
	// maxValues is how many different values of a variable word are remembered.
	maxValues = 64
	// maxWords is how long a message may be that is studied.
	maxWords = 100
)

// slot is one word of a template: constant, or variable with some of its values.
type slot struct {
	text     string
	variable bool
	values   []string
}

func (s *slot) see(word string) {
	if len(s.values) < maxValues && !slices.Contains(s.values, word) {
		s.values = append(s.values, word)
	}
}

// template is one kind of message.
type template struct {
	slots   []slot
	count   int
	example string
}

// likeness counts the words of a message that are those of the template.
func (t *template) likeness(words []string) float64 {
	same := 0
	for i := range t.slots {
		if !t.slots[i].variable && t.slots[i].text == words[i] || t.slots[i].variable && looksVariable(words[i]) {
			same++
		}
	}
	return float64(same) / float64(len(words))
}

func (t *template) join(words []string) {
	t.count++
	for i := range t.slots {
		s := &t.slots[i]
		if !s.variable && s.text != words[i] {
			s.variable = true
			s.see(s.text)
		}
		if s.variable {
			s.see(words[i])
		}
	}
}

// miner finds templates.
type miner struct {
	leaves map[leaf][]*template
	all    []*template
	others int
}

// leaf is where templates are looked for: the inner nodes of Drain's tree in one key.
type leaf struct {
	words int
	first string
}

func newMiner() *miner { return &miner{leaves: map[leaf][]*template{}} }

// add learns from one message.
func (m *miner) add(message string) {
	words := strings.Fields(message)
	if len(words) == 0 || len(words) > maxWords {
		m.others++
		return
	}
	at := leaf{words: len(words)}
	for _, w := range words[:min(leading, len(words))] {
		if !looksVariable(w) {
			at.first += w + " "
		}
	}
	var best *template
	most := likeness
	for _, t := range m.leaves[at] {
		if l := t.likeness(words); l > most || best == nil && l >= most {
			best, most = t, l
		}
	}
	if best == nil {
		if len(m.all) >= maxTemplates {
			m.others++
			return
		}
		best = &template{slots: make([]slot, len(words)), example: message}
		for i, w := range words {
			best.slots[i] = slot{text: w, variable: looksVariable(w)}
		}
		m.leaves[at] = append(m.leaves[at], best)
		m.all = append(m.all, best)
	}
	best.join(words)
}

// templates are what was found, the most frequent first.
func (m *miner) templates() []*template {
	slices.SortStableFunc(m.all, func(a, b *template) int { return cmp.Compare(b.count, a.count) })
	return m.all
}
