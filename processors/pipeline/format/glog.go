package format

import (
	"time"

	"github.com/millrace/millrace/processors/pipeline/layout"
)

// parseGlog reads a line of glog and of Kubernetes' klog: "I1122 19:00:00.123456     811 cart.go:42] paid".
func parseGlog(in *Input) error {
	c := cursor{b: in.Line}
	const date, clock = len("I1122"), len("I1122 19:00:00.123456")
	if len(c.b) < clock || !isNumber(c.b[1:date]) || c.b[date] != ' ' {
		return errLoggerLine
	}
	level := c.b[:1]
	switch level[0] {
	case 'I', 'W', 'E', 'F':
	default:
		return errLoggerLine
	}
	month, day := int(c.b[1]-'0')*10+int(c.b[2]-'0'), int(c.b[3]-'0')*10+int(c.b[4]-'0')
	if month < 1 || month > 12 {
		return errLoggerLine
	}
	stamp := append(append([]byte(time.Month(month).String()[:3]), ' ', byte('0'+day/10), byte('0'+day%10)), c.b[date:clock]...)
	t, n := layout.Any(stamp, in.At, in.Location)
	if n != len(stamp) {
		return errLoggerLine
	}
	c.i = clock
	thread, _ := c.next()
	c.spaces()
	file := c.while(func(b byte) bool { return b != ':' && b != ' ' && b != ']' })
	if !isNumber(thread) || len(file) == 0 || !c.lit(":") {
		return errLoggerLine
	}
	line := c.digits()
	if len(line) == 0 || !c.lit("]") {
		return errLoggerLine
	}
	c.spaces()
	f := loggerLine{time: t, timed: true, level: level, pid: thread, file: file, line: line, message: c.rest()}
	f.set(in.Event)
	return nil
}
