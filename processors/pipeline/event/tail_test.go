package event

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// origin is the fixed fields of a stream of events, as the pipeline has them.
func origin() []Fixed {
	return []Fixed{
		{LogFilePath, Text("/var/log/a.log")},
		{HostName, Text("web-1")},
		{AgentID, Text("k3")},
		{AgentType, Text("millrace")},
		{ECSVersion, Text("8")},
		{ServiceName, Text("shop")},
	}
}

func TestWhatEventsHaveInCommonStandsInTheirTail(t *testing.T) {
	for name, c := range map[string]struct {
		change    func(*Event)
		own, line string
	}{
		"all of it": {
			func(*Event) {},
			`{"message":"m","log":{"offset":7}}`,
			`{"log":{"file":{"path":"/var/log/a.log"}},"host":{"name":"web-1"},"agent":{"id":"k3","type":"millrace"},"ecs":{"version":"8"},"service":{"name":"shop"}}`,
		},
		"behind a field that is deeper": {
			func(e *Event) { set(e, "log.syslog.priority", "3") },
			`{"message":"m","log":{"offset":7,"syslog":{"priority":"3"}}}`,
			`{"log":{"file":{"path":"/var/log/a.log"}},"host":{"name":"web-1"},"agent":{"id":"k3","type":"millrace"},"ecs":{"version":"8"},"service":{"name":"shop"}}`,
		},
		"behind a field in the midst of them": {
			func(e *Event) { set(e, "host.hostname", "w") },
			`{"message":"m","log":{"offset":7,"file":{"path":"/var/log/a.log"}},"host":{"hostname":"w"}}`,
			`{"host":{"name":"web-1"},"agent":{"id":"k3","type":"millrace"},"ecs":{"version":"8"},"service":{"name":"shop"}}`,
		},
		"behind a fixed field that was set": {
			func(e *Event) { set(e, "host.name", "other") },
			`{"message":"m","log":{"offset":7,"file":{"path":"/var/log/a.log"}},"host":{"name":"other"}}`,
			`{"agent":{"id":"k3","type":"millrace"},"ecs":{"version":"8"},"service":{"name":"shop"}}`,
		},
		"behind a fixed field that was removed": {
			func(e *Event) { e.Remove(HostName) },
			`{"message":"m","log":{"offset":7,"file":{"path":"/var/log/a.log"}}}`,
			`{"agent":{"id":"k3","type":"millrace"},"ecs":{"version":"8"},"service":{"name":"shop"}}`,
		},
		"behind tags alone": {
			func(e *Event) { e.Remove(LogOffset); e.Tag("x") },
			`{"message":"m","tags":["x"]}`,
			`{"log":{"file":{"path":"/var/log/a.log"}},"host":{"name":"web-1"},"agent":{"id":"k3","type":"millrace"},"ecs":{"version":"8"},"service":{"name":"shop"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := New(NewSchema())
			e.Fix(origin())
			for range 2 {
				e.Reset()
				e.Set(Message, Text("m"))
				e.Set(LogOffset, Int(7))
				c.change(e)
				own, tail := e.AppendOwn(nil)
				if string(own) != c.own || tail == nil || string(tail.Line) != c.line {
					t.Errorf("own  %s\nwant %s\ntail %+v\nwant %s", own, c.own, tail, c.line)
				}
				doc(t, e)
			}
		})
	}
}

func TestAnEventOfNothingButFixedFieldsIsWhole(t *testing.T) {
	e := New(NewSchema())
	e.Fix(origin())
	e.Reset()
	own, tail := e.AppendOwn(nil)
	if tail != nil || !json.Valid(own) || len(doc(t, e)) != 5 {
		t.Errorf("%s, tail %v", own, tail)
	}
}

// TestFixedFieldsAreWrittenAsIfTheyWereSet compares events over fixed fields with events that were given all fields.
func TestFixedFieldsAreWrittenAsIfTheyWereSet(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	t.Log("seed", seed)
	paths := []string{
		"log.level", "log.file.name", "log.zone", "log", "log.file", "event", "event.duration", "host", "host.name", "host.zone",
		"host.name.x", "agent.z", "service.type", "service.zone", "service.name", "url.path", "z", "tags", "message", "log.file.path",
	}
	fast, plain := New(NewSchema()), New(NewSchema())
	fast.Fix(origin())
	for range 20000 {
		fast.Reset()
		plain.Reset()
		for _, f := range origin() {
			plain.Set(f.ID, f.Value)
		}
		for range random.IntN(6) {
			path := paths[random.IntN(len(paths))]
			switch random.IntN(6) {
			case 0:
				fast.Remove(fast.Intern([]byte(path)))
				plain.Remove(plain.Intern([]byte(path)))
			case 1:
				fast.Tag("t")
				plain.Tag("t")
			case 2:
				set(fast, path, "bad \xff")
				set(plain, path, "bad \xff")
			default:
				set(fast, path, "v")
				set(plain, path, "v")
			}
		}
		if got, want := string(fast.Append(nil)), string(plain.Append(nil)); got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
		own, tail := fast.AppendOwn([]byte("before"))
		if !json.Valid(own[len("before"):]) || tail != nil && !json.Valid(tail.Line) {
			t.Fatalf("%s\n%+v", own, tail)
		}
	}
}
