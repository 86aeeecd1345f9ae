package event

// Constant is text that is rendered once, to stand in many documents. What is not UTF-8 is mended in each, which is tagged
// for it.
func Constant(text string) Value {
	quoted, valid := AppendString(make([]byte, 0, len(text)+2+word), []byte(text)) // it writes whole words
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
