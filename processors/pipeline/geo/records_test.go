package geo

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func TestWhatFilesKnowTogetherIsWhatTheSetFinds(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	set := NewSet([]string{"a", "b", "c"}, []*DB{partialDB(t, chance), partialDB(t, chance), partialDB(t, chance)})
	document := documents()
	r := newRecords(set.files(""))
	for range 20_000 {
		addr := addr4(chance.Uint32())
		record, found := set.Lookup("", addr)
		got := r.answer(r.pair(addr))
		want := document(Answer{newPlace(&record), newOwner(&record)})
		if got.Found() != found || document(got) != want {
			t.Fatalf("%s is %s, not %s", addr, document(got), want)
		}
	}
}

// documents returns what writes an answer as a document.
func documents() func(Answer) string {
	e := event.New(event.NewSchema())
	targets := make([]event.ID, NumFields)
	for f, name := range Fields {
		targets[f] = e.InternText(name)
	}
	return func(a Answer) string {
		e.Reset()
		a.Set(e, targets)
		return string(e.Append(nil))
	}
}

// partialDB has networks of each of which it knows something else, and of some nothing.
func partialDB(tb testing.TB, chance *rand.Rand) *DB {
	tb.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{RecordSize: 24, IncludeReservedNetworks: true, DisableIPv4Aliasing: true})
	if err != nil {
		tb.Fatal(err)
	}
	for i := range 300 {
		text := func(kind string) mmdbtype.String { return mmdbtype.String(kind + strconv.Itoa(i%40)) }
		named := func(kind string) mmdbtype.Map {
			return mmdbtype.Map{"iso_code": text(kind), "names": mmdbtype.Map{"en": text(kind + " ")}}
		}
		record := mmdbtype.Map{}
		for key, value := range map[mmdbtype.String]mmdbtype.DataType{
			"continent":                      mmdbtype.Map{"code": text("K")},
			"country":                        named("C"),
			"country_code":                   mmdbtype.String("DE"),
			"subdivisions":                   mmdbtype.Slice{named("R")},
			"city":                           named("T"),
			"postal":                         mmdbtype.Map{"code": text("P")},
			"location":                       mmdbtype.Map{"latitude": mmdbtype.Float64(i), "longitude": mmdbtype.Float64(0.5), "time_zone": text("Z")},
			"autonomous_system_number":       mmdbtype.Uint32(i % 50),
			"autonomous_system_organization": text("O"),
		} {
			if chance.IntN(3) == 0 {
				record[key] = value
			}
		}
		network := &net.IPNet{IP: addr4(chance.Uint32()).AsSlice(), Mask: net.CIDRMask(2+chance.IntN(10), 32)}
		network.IP = network.IP.Mask(network.Mask)
		if err := w.Insert(network, record); err != nil {
			tb.Fatal(err)
		}
	}
	return written(tb, w)
}
