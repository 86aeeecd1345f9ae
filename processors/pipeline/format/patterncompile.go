package format

import (
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/layout"
)

// conversions are the names of Log4j 2 and Logback with the kind of part that reads what they write. Those that end in "."
// go to a field of the user's own below it.
var conversions = map[string]string{
	"d": "d", "date": "d",
	"p": "p", "le": "p", "level": "p",
	"t": "t", "tn": "t", "thread": "t", "threadName": "t",
	"c": "c", "lo": "c", "logger": "c",
	"m": "m", "msg": "m", "message": "m",
	"F": "F", "file": "F", "L": "L", "line": "L", "pid": "P", "processId": "P",
	"M": "log.origin.function", "method": "log.origin.function", "C": "log4j.class", "class": "log4j.class", "l": "log4j.location", "location": "log4j.location",
	"X": "labels.", "mdc": "labels.", "MDC": "labels.", "x": "log4j.ndc", "NDC": "log4j.ndc", "marker": "log4j.marker", "markerSimpleName": "log4j.marker",
	"r": "-", "relative": "-", "T": "process.thread.id", "tid": "process.thread.id", "threadId": "process.thread.id", "tp": "-", "threadPriority": "-",
	"sn": "-", "sequenceNumber": "-", "u": "-", "uuid": "-", "contextName": "-", "cn": "-", "fqcn": "-",
	"n":  "n",
	"ex": "", "exception": "", "throwable": "", "xEx": "", "xThrowable": "", "xException": "", "rEx": "", "rException": "", "rThrowable": "", "wEx": "", "wex": "",
	"nopex": "", "nopexception": "", "ers": "",
}

// wrappers are conversions that write what their pattern does: colours, and what is made safe.
var wrappers = []string{
	"highlight", "style", "clr", "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "gray", "boldRed", "boldGreen", "boldYellow",
	"boldBlue", "boldMagenta", "boldCyan", "boldWhite", "enc", "encode", "notEmpty", "varsNotEmpty", "maxLen", "maxLength",
}

// withPattern makes a parser of the lines that a pattern writes.
func withPattern(text string) (func(*Input) error, error) {
	p := patternCompiler{text: text}
	if err := p.list(text); err != nil {
		return nil, err
	}
	parts, err := p.finish()
	if err != nil {
		return nil, err
	}
	return func(in *Input) error { return parsePattern(in, parts) }, nil
}

type patternCompiler struct {
	text  string
	parts loggerPattern
	named []string // of each part: its conversion
	width bool     // of the group that we are in
}

// literal adds text of the pattern.
func (p *patternCompiler) literal(text string) {
	if len(p.parts) == 0 {
		p.parts, p.named = append(p.parts, patternPart{}), append(p.named, "")
	}
	p.parts[len(p.parts)-1].text += text
}

// list compiles a pattern, or the one in a group of it.
func (p *patternCompiler) list(text string) error {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			p.literal(unescaped(text[i+1]))
			i += 2
		case c == '%' && strings.HasPrefix(text[i:], "%%"):
			p.literal("%")
			i += 2
		case c == '%':
			n, err := p.conversion(text[i:])
			if err != nil {
				return err
			}
			i += n
		case strings.HasPrefix(text[i:], "${"):
			return fmt.Errorf("has %s: write out what it stands for", text[i:])
		default:
			p.literal(text[i : i+1])
			i++
		}
	}
	return nil
}

func unescaped(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'r':
		return "\r"
	}
	return string(rune(c))
}

// conversion compiles what begins with % and returns how long it is.
func (p *patternCompiler) conversion(text string) (n int, err error) {
	i := 1
	for i < len(text) && strings.IndexByte("-.0123456789", text[i]) >= 0 {
		i++
	}
	padded := i > 1 && text[1] != '.' || p.width
	if i < len(text) && text[i] == '(' {
		return p.group(text, i, padded)
	}
	start := i
	for i < len(text) && (text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z') {
		i++
	}
	name := text[start:i]
	for name != "" && !isConversion(name) { // text may follow at once
		name = name[:len(name)-1]
	}
	i = start + len(name)
	if name == "" {
		return 0, fmt.Errorf("has a conversion that is not known: %s", text)
	}
	if slices.Contains(wrappers, name) {
		return p.wrapper(text, i, padded)
	}
	var options []string
	for i < len(text) && text[i] == '{' {
		inner, n := bracketed(text[i:])
		if n == 0 {
			return 0, fmt.Errorf("lacks a closing brace behind %%%s", name)
		}
		options = append(options, inner)
		i += n
	}
	return i, p.add(name, options, padded)
}

// isConversion reports whether a name is a conversion.
func isConversion(name string) bool {
	_, ok := conversions[name]
	return ok || slices.Contains(wrappers, name)
}

// group compiles %-20(…) and the options behind it.
func (p *patternCompiler) group(text string, i int, padded bool) (int, error) {
	inner, n := bracketed(text[i:])
	if n == 0 {
		return 0, fmt.Errorf("lacks a closing parenthesis: %s", text)
	}
	outer := p.width
	p.width = padded
	err := p.list(inner)
	p.width = outer
	for i += n; i < len(text) && text[i] == '{'; i += n {
		if _, n = bracketed(text[i:]); n == 0 {
			return 0, fmt.Errorf("lacks a closing brace: %s", text)
		}
	}
	return i, err
}

// wrapper compiles %clr(…){faint} and %highlight{…}{…}.
func (p *patternCompiler) wrapper(text string, i int, padded bool) (int, error) {
	if i >= len(text) || text[i] != '(' && text[i] != '{' {
		return 0, fmt.Errorf("has a conversion without the pattern it is for: %s", text)
	}
	return p.group(text, i, padded)
}

// bracketed returns what stands in the brackets that begin a text, and how long they are with it; 0 if they do not close.
func bracketed(text string) (inner string, n int) {
	open, end := text[0], byte('}')
	if open == '(' {
		end = ')'
	}
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case open:
			depth++
		case end:
			if depth--; depth == 0 {
				return text[1:i], i + 1
			}
		}
	}
	return "", 0
}

// add adds the part of a conversion.
func (p *patternCompiler) add(name string, options []string, padded bool) error {
	kind := conversions[name]
	switch kind {
	case "": // what is thrown stands on lines of its own
		return nil
	case "n":
		p.literal("\n")
		return nil
	}
	part := patternPart{padded: padded}
	switch {
	case len(kind) == 1:
		part.kind = kind[0]
	case kind == "labels.":
		part.kind, part.path = 'o', "log4j.mdc"
		if len(options) > 0 && !strings.ContainsAny(options[0], ", ") {
			key, _, _ := strings.Cut(options[0], ":-")
			part.path = "labels." + strings.ReplaceAll(key, ".", "_")
		}
	default:
		part.kind, part.path = 'o', kind
	}
	if part.kind == 'd' {
		if err := part.compileTime(options); err != nil {
			return err
		}
	}
	p.parts, p.named = append(p.parts, part), append(p.named, name)
	return nil
}

// timeNames are layouts that bear names.
var timeNames = map[string]string{
	"ABSOLUTE": "HH:mm:ss,SSS", "ABSOLUTE_PERIOD": "HH:mm:ss.SSS", "DATE": "dd MMM yyyy HH:mm:ss,SSS", "DATE_PERIOD": "dd MMM yyyy HH:mm:ss.SSS",
	"COMPACT": "yyyyMMddHHmmssSSS", "ISO8601_BASIC": "yyyyMMdd'T'HHmmss,SSS", "ISO8601_BASIC_PERIOD": "yyyyMMdd'T'HHmmss.SSS",
	"UNIX": "UNIX", "UNIX_MILLIS": "UNIX_MS",
}

func (p *patternPart) compileTime(options []string) (err error) {
	text, zone := "", ""
	if len(options) > 0 {
		text = strings.Trim(options[0], `"`)
	}
	if len(options) > 1 {
		zone = options[1]
	} else if at := strings.LastIndexByte(text, ','); at >= 0 && !strings.HasPrefix(text[at:], ",S") { // as Logback has it
		text, zone = strings.Trim(text[:at], `" `), strings.TrimSpace(text[at+1:])
	}
	if zone != "" {
		if offset := strings.TrimPrefix(zone, "GMT"); offset != "" {
			zone = offset
		}
		if p.zone, err = layout.Zone(zone); err != nil {
			return fmt.Errorf("has a time in a zone that cannot be read: %w", err)
		}
	}
	if isISOLayout(text) {
		return nil
	}
	if named := timeNames[text]; named != "" {
		text = named
	}
	if p.layout, err = layout.Compile(text); err != nil {
		return fmt.Errorf("has a time that cannot be read: %w", err)
	}
	return nil
}

// isISOLayout reports whether what a layout writes is ISO 8601, whose end is seen.
func isISOLayout(text string) bool {
	if text == "" || text == "DEFAULT" || strings.HasPrefix(text, "DEFAULT_") || strings.HasPrefix(text, "ISO8601") && timeNames[text] == "" {
		return true
	}
	for _, begin := range [...]string{"yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss"} {
		if rest, ok := strings.CutPrefix(text, begin); ok && strings.Trim(rest, ".,SXZ") == "" {
			return true
		}
	}
	return false
}

// finish checks the parts and drops the end of the line.
func (p *patternCompiler) finish() (loggerPattern, error) {
	if n := len(p.parts); n > 0 {
		last := &p.parts[n-1]
		last.text = strings.TrimRight(last.text, "\n")
	}
	messages := 0
	for i, part := range p.parts {
		p.parts[i].behind = []byte(part.text)
		if part.kind == 'm' {
			messages++
		}
		if part.text == "" && i < len(p.parts)-1 {
			return nil, fmt.Errorf("has nothing between %%%s and %%%s, so where one ends is not to be seen", p.named[i], p.named[i+1])
		}
	}
	if messages != 1 {
		return nil, fmt.Errorf("must have the message %%m once, has it %d times", messages)
	}
	return p.parts, nil
}
