package step

import (
	"github.com/millrace/millrace/processors/pipeline/event"
)

// maxItems bounds the items of an array that a step makes or walks.
const maxItems = 10_000

// eachItem calls f for the items of a valid JSON array, each as it stands, until f gives an error.
func eachItem(array []byte, f func(item []byte) error) error {
	for i := 1; i < len(array)-1; {
		end := itemEnd(array, i)
		if err := f(array[i:end]); err != nil {
			return err
		}
		i = end + 1
	}
	return nil
}

// itemEnd returns the index behind the value that starts at i in valid JSON without white space.
func itemEnd(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = textEnd(b, i)
		case '[', '{':
			depth++
		case ']', '}':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// textEnd returns the index of the quote that ends the text whose quote stands at i.
func textEnd(b []byte, i int) int {
	for i++; i < len(b) && b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i
}

// itemValue is the value of an item of an array.
func itemValue(item []byte) event.Value {
	switch item[0] {
	case '"':
		return event.Quoted(item)
	case 't', 'f':
		return event.Bool(item[0] == 't')
	case 'n':
		return event.Value{}
	case '[', '{':
		return event.Raw(item)
	}
	return event.Number(item)
}

// mapTexts makes an array of what f makes of the items of another, which must be texts.
func (c *Context) mapTexts(array []byte, f func(dst, text []byte) ([]byte, error)) (event.Value, error) {
	if len(array) == 0 || array[0] != '[' {
		return event.Value{}, errNotText
	}
	out := make([]byte, 0, len(array))
	out = append(out, '[')
	err := eachItem(array, func(item []byte) error {
		v := itemValue(item)
		if !v.IsText() {
			return errNotText
		}
		text, err := f(nil, v.Text())
		if err != nil {
			return err
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out, _ = event.AppendString(out, text)
		return c.spend(len(item) + len(text))
	})
	return event.Raw(append(out, ']')), err
}

// appendItem appends a value to the items of an array that is being made.
func appendItem(array []byte, v *event.Value) []byte {
	if len(array) > 1 {
		array = append(array, ',')
	}
	array, _ = v.Append(array)
	return array
}
