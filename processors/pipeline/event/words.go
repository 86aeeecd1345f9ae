package event

import "strings"

// Constant is text that is rendered once, to stand in many documents. What is not UTF-8 is mended in each, which is tagged
// for it.
func Constant(text string) Value {
	quoted, valid := AppendString(nil, []byte(text))
	if !valid {
		return Text(text)
	}
	return Lasting(quoted)
}

// ConstantList is a valid JSON array that stands in many documents.
func ConstantList(array string) Value {
	return stayingValue(KindRaw, []byte(array))
}

// ConstantNumber is a number in JSON's spelling that stands in many documents.
func ConstantNumber(spelled string) Value {
	return stayingValue(KindNumber, []byte(spelled))
}

// Words are constants by their text: those of the same text have the same memory. The zero value is empty.
type Words struct{ known map[string]Value }

const (
	// maxWords is how many constants are known before all are forgotten. Those that somebody holds stay what they are.
	maxWords = 1 << 13
	// longestWord is the text that is worth knowing.
	longestWord = 256
)

// Constant returns the constant of a text.
func (w *Words) Constant(text string) Value {
	if len(text) > longestWord {
		return Constant(text)
	}
	v, ok := w.known[text]
	if !ok {
		text = strings.Clone(text) // it may be a piece of something large
		if v = Constant(text); w.known == nil || len(w.known) >= maxWords {
			w.known = map[string]Value{}
		}
		w.known[text] = v
	}
	return v
}
