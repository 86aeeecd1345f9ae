package event

import "testing"

func TestADraftIsOfTheEventOnceItIsCommitted(t *testing.T) {
	e := New(NewSchema())
	fields := FieldsOf(Message, URLPath, UserAgentOriginal)
	d := e.Draft(&fields)
	d[Message], d[URLPath] = Text("m"), Text("/")
	if e.Has(Message) || string(e.Append(nil)) != "{}" {
		t.Errorf("what nobody committed is there: %s", e.Append(nil))
	}
	some := FieldsOf(Message)
	e.Commit(&some)
	if got := string(e.Append(nil)); got != `{"message":"m"}` {
		t.Error(got)
	}
	if e.Draft(&fields) != nil {
		t.Error("a field of the event can be written over")
	}
	e.Reset()
	if e.Draft(&fields) == nil {
		t.Error("there is no draft of fields that the event lacks")
	}
	e.Fix([]Fixed{{ID: URLPath, Value: Text("/")}})
	e.Reset()
	if e.Draft(&fields) != nil {
		t.Error("a fixed field can be written over")
	}
}
