package status

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestListingGoldenBytes(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 20, 30, 0, time.UTC)
	source := Source{ID: "00", Path: "/var/log/a.log", Collection: "shop-access", Size: 100, Offset: 90, Behind: 10, Rate: 12.5, LastRead: at, Error: "permission denied"}
	want, err := os.ReadFile("testdata/listing.json")
	if err != nil {
		t.Fatal(err)
	}
	parts, err := EncodeListing("web-01", "QK3VZ7", []Source{source})
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, error %v", len(parts), err)
	}
	if string(parts[0])+"\n" != string(want) {
		t.Errorf("a listing is written differently now\ngot  %s\nwant %s", parts[0], want)
	}
	back, err := DecodeListing(want)
	if err != nil || !reflect.DeepEqual(back, &Listing{ID: "web-01", Request: "QK3VZ7", Parts: 1, Sources: []Source{source}}) {
		t.Errorf("error %v\ngot  %+v", err, back)
	}
}

func TestALongListingComesInParts(t *testing.T) {
	sources := make([]Source, 5000)
	for i := range sources {
		sources[i] = Source{ID: fmt.Sprint(i), Path: "/var/log/" + strings.Repeat("x", i%300)}
	}
	parts, err := EncodeListing("web-01", "r", sources)
	if err != nil || len(parts) < 2 {
		t.Fatalf("%d parts, error %v", len(parts), err)
	}
	var all []Source
	for i, p := range parts {
		l, err := DecodeListing(p)
		if err != nil || l.Part != i || l.Parts != len(parts) || len(p) > ListingBytes+1024 {
			t.Fatalf("part %d of %d bytes: error %v", i, len(p), err)
		}
		all = append(all, l.Sources...)
	}
	if !reflect.DeepEqual(all, sources) {
		t.Error("the parts do not add up to the whole")
	}
}

func TestAnEmptyListingIsOnePart(t *testing.T) {
	parts, err := EncodeListing("web-01", "r", nil)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, error %v", len(parts), err)
	}
	if l, err := DecodeListing(parts[0]); err != nil || len(l.Sources) != 0 {
		t.Errorf("%+v, error %v", l, err)
	}
}

func TestDecodeListingRefuses(t *testing.T) {
	for _, b := range []string{
		"", "null", "{}", `{"id":"x","parts":1}`, `{"id":"x","request":"r"}`, `{"id":"x","request":"r","parts":1,"part":1}`,
		`{"id":"x","request":"r","parts":1,"part":-1}`, `{"id":"x","request":"r","parts":100000}`,
	} {
		if _, err := DecodeListing([]byte(b)); !errors.Is(err, ErrBeat) {
			t.Errorf("%q: error %v", b, err)
		}
	}
}

func FuzzDecodeListing(f *testing.F) {
	parts, err := EncodeListing("web-01", "r", []Source{{ID: "00", Path: "/a"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(parts[0])
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := DecodeListing(b)
		if err != nil {
			return
		}
		if _, err := EncodeListing(l.ID, l.Request, l.Sources); err != nil {
			t.Fatalf("read, but cannot be written again: %v", err)
		}
	})
}
