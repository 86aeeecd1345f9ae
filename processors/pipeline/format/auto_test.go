package format

import "testing"

func TestAFileIsRecognised(t *testing.T) {
	const (
		access  = `203.0.113.7 - - [22/Nov/2026:19:00:00 +0100] "GET / HTTP/1.1" 200 5 "-" "curl/8.11.1"`
		traefik = `203.0.113.7 - - [22/Nov/2026:19:00:00 +0100] "GET / HTTP/1.1" 200 5 "-" "curl/8.11.1" 7 "shop@docker" "http://10.0.3.5:80" 2ms`
		failed  = `2026/11/22 19:00:00 [error] 31#31: *7 connect() failed (111: Connection refused), client: 203.0.113.7, server: shop`
	)
	for name, c := range map[string]struct {
		want  string
		lines []string
	}{
		"as nginx's, where it could be any server's": {"nginx.access", []string{access, access}},
		"as Apache's by a size of nothing": {"apache.access", []string{
			access, `203.0.113.7 - - [22/Nov/2026:19:00:00 +0100] "GET / HTTP/1.1" 304 - "-" "curl/8.11.1"`, access,
		}},
		"as Apache's by a user's machine":     {"apache.access", []string{access, `203.0.113.7 pc-7 alice [22/Nov/2026:19:00:00 +0100] "GET / HTTP/1.1" 200 5`}},
		"as nginx's with a name that is long": {"nginx.access", []string{`203.0.113.7 - alice in wonderland [22/Nov/2026:19:00:00 +0100] "GET / HTTP/1.1" 200 5`}},
		"behind a banner, and between traces and blank lines": {"nginx.error", []string{
			"---- opened by the operator ----", failed, "", "java.lang.IllegalStateException: x", "\tat com.acme.Cart.pay(Cart.java:42)", failed, " ", failed, failed,
		}},
		"with line ends of Windows": {"traefik.access", []string{traefik + "\r", traefik + "\r", "\r"}},
		"with a byte order mark":    {"logfmt", []string{"\ufefflevel=info msg=a", "level=info msg=b"}},
		"as Kafka's among lines of what it uses": {"kafka", []string{
			"[2026-11-22 19:00:00,123] INFO Session established (org.apache.zookeeper.ClientCnxn)",
			"[2026-11-22 19:00:00,123] INFO Log loaded (kafka.log.Log)", "[2026-11-22 19:00:00,123] WARN slow (org.reflections.Reflections)",
		}},
		"as PostgreSQL's in another language":   {"postgresql", []string{"2026-11-22 19:00:00.123 CET [811] a@b FEHLER:  Division durch Null"}},
		"as a logger's though it has an ERROR:": {"log4j", []string{"2026-11-22 19:00:00,123 ERROR: boom", "2026-11-22 19:00:00,123 WARNING: slow"}},
		"as syslog whose octets are counted":    {"syslog", []string{"40 <34>Nov 22 18:14:15 web-1 app[7]: up"}},
		"as syslog without a priority":          {"syslog", []string{"1 2026-11-22T18:14:15Z web-1 app 7 - - up"}},
		"as words":                              {"plain", []string{"just words", "and more"}},
		"as plain where most lines are":         {"plain", []string{"just words", "and more", "than anything", failed}},
		"though it is empty":                    {"plain", []string{"", " "}},
	} {
		t.Run(name, func(t *testing.T) {
			var lines [][]byte
			for _, line := range c.lines {
				lines = append(lines, []byte(line))
			}
			guesses := Recognise(lines)
			if c.want == "plain" {
				guesses = guesses[len(guesses)-1:] // the last
			}
			if guesses[0].Name != c.want {
				t.Errorf("it is %+v, want %s", guesses, c.want)
			}
		})
	}
}

func TestEachFormatRecognisesItsExample(t *testing.T) {
	twins := map[string]string{"apache.access": "nginx.access", "tomcat.access": "nginx.access", "jetty.access": "nginx.access", "varnish.access": "nginx.access"}
	for _, spec := range known() {
		want := spec.Name
		if twin, ok := twins[want]; ok {
			want = twin
		}
		if got := Recognise([][]byte{[]byte(spec.Example)})[0].Name; got != want {
			t.Errorf("the example of %s is %s", spec.Name, got)
		}
	}
}
