package format

import "bytes"

// thrown are the words that may stand before the name of an exception.
var thrown = [...][]byte{
	[]byte("Caused by: "), []byte("Uncaught "), []byte("Unhandled exception. "), []byte("null:"), // the last is Solr's
}

// cutException cuts "Exception in thread "main" com.acme.NotFound: no such cart" or "Caused by: …" into type and message.
func cutException(line []byte) (name, message []byte) {
	line = bytes.TrimLeft(line, " \t")
	if rest, ok := bytes.CutPrefix(line, []byte("Exception in thread ")); ok {
		if _, rest, ok = bytes.Cut(rest, []byte(`" `)); !ok {
			return nil, nil
		}
		line = rest
	}
	for _, word := range thrown {
		line = bytes.TrimPrefix(line, word)
	}
	end := 0
	for end < len(line) && (line[end]|0x20 >= 'a' && line[end]|0x20 <= 'z' || isDigit(line[end]) || line[end] == '.' || line[end] == '$' || line[end] == '_' || line[end] == '\\') {
		end++
	}
	name, rest := line[:end], line[end:]
	if !isException(name) {
		return cutRuby(line)
	}
	if bytes.HasPrefix(rest, []byte(" [")) { // Node.js has a code: TypeError [ERR_INVALID_ARG_TYPE]: …
		if at := bytes.Index(rest, []byte("]: ")); at >= 0 {
			rest = rest[at+1:]
		}
	}
	if len(rest) > 0 && rest[0] != ':' && rest[0] != '[' && !bytes.HasPrefix(rest, []byte(" in ")) {
		return cutRuby(line)
	}
	return name, bytes.TrimLeft(bytes.TrimPrefix(rest, []byte(":")), " ")
}

// cutRuby cuts "cart.rb:42:in 'pay': empty (ArgumentError)".
func cutRuby(line []byte) (name, message []byte) {
	_, rest, ok := bytes.Cut(line, []byte(":in "))
	open := bytes.LastIndex(rest, []byte(" ("))
	if !ok || open < 0 || rest[len(rest)-1] != ')' {
		return nil, nil
	}
	name = rest[open+len(" (") : len(rest)-1]
	_, message, ok = bytes.Cut(rest[:open], []byte(": "))
	if !ok || !isClass(bytes.ReplaceAll(name, []byte("::"), nil)) {
		return nil, nil
	}
	return name, message
}

// isThrowable reports whether a name is one of an exception by its end.
func isThrowable(name []byte) bool {
	for _, end := range [...]string{"Exception", "Error", "Throwable", "Failure", "ExceptionGroup"} {
		if bytes.HasSuffix(name, []byte(end)) {
			return true
		}
	}
	return false
}

// isException reports whether a name is one of a class: java.io.IOException, MergeMappingException, KeyError.
func isException(name []byte) bool {
	last := name[bytes.LastIndexByte(name, '.')+1:]
	last = last[bytes.LastIndexAny(last, `$\`)+1:]
	if len(last) < 3 || last[0] < 'A' || last[0] > 'Z' {
		return false
	}
	return len(last) < len(name) || isThrowable(last)
}
