package event

import (
	"reflect"
	"testing"
	"time"
	"unsafe"
)

func TestAPartHoldsAnyValue(t *testing.T) {
	for _, v := range []Value{
		{},
		Text("text"), Text(""), String([]byte{}), Constant("constant"), ConstantList(`["a"]`), ConstantNumber("1.5"),
		Int(-1), Float(52.5), Bool(true), Time(time.Date(2026, 11, 22, 19, 0, 0, 123, time.UTC)),
	} {
		p := NewPart(7, v)
		if got := p.Value(); !reflect.DeepEqual(got, v) || unsafe.SliceData(got.Bytes) != unsafe.SliceData(v.Bytes) || p.Field() != 7 {
			t.Errorf("%+v became %+v", v, got)
		}
	}
}

func TestPartsGoWhereTheyAreWantedAndSetFixedFieldsForOneEvent(t *testing.T) {
	e := New(NewSchema())
	e.Fix([]Fixed{{HostName, Text("web-1")}})
	targets := []ID{UserName, None, HostName}
	parts := []Part{NewPart(0, Constant("alice")), NewPart(1, Constant("nowhere")), NewPart(2, Constant("db-1"))}
	for range 2 {
		e.Reset()
		e.SetParts(targets, parts)
		if got, want := string(e.Append(nil)), `{"user":{"name":"alice"},"host":{"name":"db-1"}}`; got != want {
			t.Errorf("%s, not %s", got, want)
		}
		e.Reset()
		if got, want := string(e.Append(nil)), `{"host":{"name":"web-1"}}`; got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}
