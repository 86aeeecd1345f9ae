package step

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func uriPartsSpec() Spec {
	return Spec{
		Name:    "uri_parts",
		Summary: "Takes a URI apart: scheme, domain, port, path, extension, query, fragment, user_info, username, password, original.",
		Example: `{"uri_parts": {"field": "http.request.referrer", "target_field": "labels.referrer", "keep_original": false}}`,
		Options: []Option{
			fieldOption("the URI"),
			{Name: "target_field", Type: TypeTarget, Default: "url", Summary: "the object to put the parts in"},
			{Name: "keep_original", Type: TypeBool, Default: true, Summary: "keep the URI in original"},
			{Name: "remove_if_successful", Type: TypeBool, Default: false, Summary: "remove the field; not where it is a part itself"},
			ignoreMissingOption(false),
		},
		compile: func(b *Build) Step {
			s := &uriStep{field: b.Field("field"), keep: b.Bool("keep_original"), remove: b.Bool("remove_if_successful"), ignoreMissing: b.Bool("ignore_missing")}
			path := b.Path("target_field")
			if s.object, s.path = b.Target("target_field"), path; s.object == event.None {
				return s
			}
			for i, name := range uriNames {
				s.parts[i] = b.Sink("target_field", path+"."+name)
			}
			if s.remove {
				b.Sink("field", b.Text("field"))
			}
			return s
		},
	}
}

// The parts of a URI, by their place in uriNames.
const (
	uriScheme = iota
	uriDomain
	uriPort
	uriPath
	uriExtension
	uriQuery
	uriFragment
	uriUserInfo
	uriUsername
	uriPassword
	uriOriginal
	uriParts
)

var uriNames = [uriParts]string{"scheme", "domain", "port", "path", "extension", "query", "fragment", "user_info", "username", "password", "original"}

type uriStep struct {
	field, object               event.ID
	path                        string
	parts                       [uriParts]event.ID
	keep, remove, ignoreMissing bool
}

var errURI = errors.New("the field is not a URI")

func (s *uriStep) Run(c *Context) error {
	text, err := c.text(s.field)
	if err != nil {
		if missing(err, s.ignoreMissing) {
			return nil
		}
		return err
	}
	var parts [uriParts][]byte
	if err := cutURI(text, &parts); err != nil {
		return err
	}
	for _, i := range [...]int{uriPath, uriQuery, uriFragment, uriUserInfo, uriUsername, uriPassword} {
		parts[i] = c.unescape(parts[i])
	}
	if s.keep {
		parts[uriOriginal] = text
	}
	isPart := false
	for i, id := range s.parts {
		isPart = isPart || id == s.field && parts[i] != nil
		switch {
		case parts[i] == nil:
		case i == uriPort:
			port, _ := plainInteger(parts[i])
			c.Event.Set(id, event.Int(port))
		default:
			c.Event.Set(id, event.String(parts[i]))
		}
	}
	if s.remove && !isPart {
		c.Event.Remove(s.field)
	}
	return nil
}

// unescape decodes %xx; text that is not escaped rightly stays as it is.
func (c *Context) unescape(text []byte) []byte {
	if bytes.IndexByte(text, '%') < 0 {
		return text
	}
	buffer := c.Event.Scratch()
	out, err := appendDecoded(buffer, text, false)
	if err != nil {
		return text
	}
	c.Event.Keep(out)
	return out[len(buffer):len(out):len(out)]
}

// cutURI cuts a URI into its parts. Those it does not have stay nil.
func cutURI(uri []byte, parts *[uriParts][]byte) error {
	if len(uri) == 0 || bytes.ContainsAny(uri, " \t\r\n<>\"") {
		return errURI
	}
	rest := uri
	if at := bytes.IndexByte(rest, ':'); at > 0 && isScheme(rest[:at]) {
		parts[uriScheme], rest = rest[:at], rest[at+1:]
	}
	if at := bytes.IndexByte(rest, '#'); at >= 0 {
		parts[uriFragment], rest = rest[at+1:], rest[:at]
	}
	if at := bytes.IndexByte(rest, '?'); at >= 0 {
		parts[uriQuery], rest = rest[at+1:], rest[:at]
	}
	if bytes.HasPrefix(rest, []byte("//")) {
		authority := rest[2:]
		rest = authority[len(authority):]
		if at := bytes.IndexByte(authority, '/'); at >= 0 {
			authority, rest = authority[:at], authority[at:]
		}
		if err := cutAuthority(authority, parts); err != nil {
			return err
		}
	}
	parts[uriPath] = rest
	name := rest[bytes.LastIndexByte(rest, '/')+1:]
	if dot := bytes.LastIndexByte(name, '.'); dot >= 0 && dot+1 < len(name) {
		parts[uriExtension] = name[dot+1:]
	}
	return nil
}

// cutAuthority cuts user:password@host:port.
func cutAuthority(text []byte, parts *[uriParts][]byte) error {
	if at := bytes.LastIndexByte(text, '@'); at >= 0 {
		info := text[:at]
		parts[uriUserInfo], text = info, text[at+1:]
		if at := bytes.IndexByte(info, ':'); at >= 0 {
			parts[uriUsername], parts[uriPassword] = info[:at], info[at+1:]
		}
	}
	host := text
	if at := bytes.LastIndexByte(text, ':'); at >= 0 && at > bytes.LastIndexByte(text, ']') {
		host = text[:at]
		if port := text[at+1:]; len(port) > 0 {
			if n, ok := plainInteger(port); !ok || n > 65535 {
				return errURI
			}
			parts[uriPort] = port
		}
	}
	if len(host) > 0 {
		parts[uriDomain] = host
	}
	return nil
}

// isScheme reports whether text is a scheme: a letter, then letters, digits, + - and dots.
func isScheme(b []byte) bool {
	for i, c := range b {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || !isDigitByte(c) && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return true
}
